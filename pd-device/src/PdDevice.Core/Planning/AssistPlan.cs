using PdDevice.Core.Planning.Delays;

namespace PdDevice.Core.Planning;

/// <summary>What is known before an answer begins.</summary>
/// <param name="PromptTokens">N, at least 1.</param>
/// <param name="MaxTokens">Limit of the answer in tokens, at least 1.</param>
/// <param name="Device">p and d of the device.</param>
/// <param name="Cloud">Rates the cloud states; any value, a prefill below 1 token/s is not asked for.</param>
/// <param name="RoundTrip">Round trip of the link, measured.</param>
/// <param name="MaxLease">The cloud's own limit for one lease; below 1 the cloud is not asked.</param>
/// <param name="DeviceLead">How long the device has been prefilling already.</param>
/// <param name="Held">Prompt tokens the device held before it began, of an earlier turn; default 0.</param>
/// <param name="LeastSaving">A wait shorter than this is not worth a cloud's time; null (default) is <see cref="AssistPlanner.LeastSaving"/>, below zero asks even where the device is first.</param>
/// <param name="Refinement">The refined prompt that may be asked for with it; null (default): none.</param>
/// <param name="RefineSecondsPerToken">Seconds the cloud says it takes per prompt token to read attention; any value, default 0. Below 0 or above <see cref="AssistPlanner.MostRefineSecondsPerToken"/>, or no number: no refined prompt is asked for.</param>
/// <param name="Delays">What this device has learned of its delays; null (default): nothing. Counts once it <see cref="LearnedDelays.Suffice"/>s.</param>
public sealed record PlanInput(
    int PromptTokens, int MaxTokens, EngineRates Device, EngineRates Cloud, TimeSpan RoundTrip, int MaxLease, TimeSpan DeviceLead, int Held = 0,
    TimeSpan? LeastSaving = null, RefinementWish? Refinement = null, double RefineSecondsPerToken = 0, LearnedDelays? Delays = null);

/// <summary>What to do about one answer.</summary>
/// <param name="UseCloud">Whether an assist is worth asking for.</param>
/// <param name="Lease">K, tokens to ask for; 0 without the cloud.</param>
/// <param name="Period">tau, time between shown tokens; zero shows them as they come.</param>
/// <param name="CloudFirstToken">T1, expected from now; zero without the cloud. With learned delays at least half of the answers have it by then.</param>
/// <param name="DeviceFirstToken">When the device alone would have its first token, from now; with learned delays, in half of the answers.</param>
/// <param name="ReadyIn">When the device expects to have ingested prompt and lease, from now.</param>
/// <param name="Reason">One sentence for a person.</param>
/// <param name="KeepRatio">The refined prompt to ask for; null (default): none. The lease reckons with it.</param>
/// <param name="RefineTime">By how much of <paramref name="CloudFirstToken"/> the cloud refines; zero (default) where nothing is to be refined.</param>
public sealed record AssistPlan(
    bool UseCloud, int Lease, TimeSpan Period, TimeSpan CloudFirstToken, TimeSpan DeviceFirstToken, TimeSpan ReadyIn, string Reason,
    double? KeepRatio = null, TimeSpan RefineTime = default);
