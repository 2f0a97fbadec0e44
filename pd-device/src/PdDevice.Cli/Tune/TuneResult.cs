using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Cli.Tune;

/// <summary>A device or cloud as it was planned for.</summary>
/// <param name="Name">As given.</param>
/// <param name="PrefillTokensPerSecond">p, over this prompt.</param>
/// <param name="DecodeTokensPerSecond">d, after this prompt; of one sequence in its batch.</param>
/// <param name="Source">Where the figures come from.</param>
public sealed record TuneMachine(string Name, double PrefillTokensPerSecond, double DecodeTokensPerSecond, string Source);

/// <summary>One choice of settings. Times in ms.</summary>
/// <param name="UseCloud">Whether the cloud is asked.</param>
/// <param name="Lease">K.</param>
/// <param name="KeepRatio">r.</param>
/// <param name="PeriodMs">tau; 0: as they come.</param>
/// <param name="FirstTokenMs">TTFT.</param>
/// <param name="ReadyInMs">When the device can go on alone.</param>
/// <param name="OccupancyMs">Cloud slot time.</param>
/// <param name="Feasible">Whether it meets the objectives.</param>
/// <param name="Why">Why it was chosen or not.</param>
public sealed record TuneChoice(
    bool UseCloud, int Lease, double KeepRatio, double PeriodMs, double FirstTokenMs, double ReadyInMs, double OccupancyMs, bool Feasible, string Why);

/// <summary>What <c>pdd tune --json</c> writes.</summary>
/// <param name="Model">Size of the model.</param>
/// <param name="Device">The device.</param>
/// <param name="Cloud">The cloud.</param>
/// <param name="PromptTokens">N; with a trace its mean.</param>
/// <param name="Objectives">absolute or relative.</param>
/// <param name="Chosen">The plan.</param>
/// <param name="WholeAnswerOccupancyMs">What the whole answer would occupy of the cloud, at its limit.</param>
/// <param name="Considered">All choices, the plan among them.</param>
/// <param name="Fleet">With --fleet; else null.</param>
public sealed record TuneResult(
    string Model, TuneMachine Device, TuneMachine Cloud, int PromptTokens, string Objectives, TuneChoice Chosen, double WholeAnswerOccupancyMs, IReadOnlyList<TuneChoice> Considered,
    FleetTuneResult? Fleet);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(TuneResult))]
public sealed partial class TuneJson : JsonSerializerContext;
