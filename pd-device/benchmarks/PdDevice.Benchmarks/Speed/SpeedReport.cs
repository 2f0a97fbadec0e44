using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Benchmarks.Speed;

/// <summary>What <c>speed</c> measured.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Threads">Compute threads of every side.</param>
/// <param name="Runs">Times every side was started, in turn.</param>
/// <param name="BatchTokens">Largest batch of every side.</param>
/// <param name="Build">Native libraries, the same in every process; empty where that could not be checked.</param>
/// <param name="Versions">What each side is.</param>
/// <param name="Skipped">Sides that could not be measured, each with its reason.</param>
/// <param name="Models">A model each.</param>
public sealed record SpeedReport(
    string Machine, int Threads, int Runs, int BatchTokens, string Build, IReadOnlyDictionary<string, string> Versions,
    IReadOnlyDictionary<string, string> Skipped, IReadOnlyList<SpeedModel> Models);

/// <summary>One model's figures.</summary>
public sealed record SpeedModel(string Model, IReadOnlyList<SpeedFigure> Figures);

/// <summary>One cell's figures, tokens a second.</summary>
/// <param name="Cell">What was measured.</param>
/// <param name="Rates">By side: one figure a run, the median of its repeats.</param>
/// <param name="SameTokens">By side: the share of its tokens, 0 to 1, that the bare binding made too.</param>
/// <param name="Comparisons">Side against side.</param>
public sealed record SpeedFigure(
    SpeedCell Cell, IReadOnlyDictionary<string, IReadOnlyList<double>> Rates, IReadOnlyDictionary<string, double> SameTokens,
    IReadOnlyList<SpeedComparison> Comparisons);

/// <summary>One side against another.</summary>
/// <param name="Ours">The side compared.</param>
/// <param name="Theirs">What with.</param>
/// <param name="Ratio">Ours by theirs, above 1 when ours is faster.</param>
/// <param name="Met">Whether it is fast enough.</param>
public sealed record SpeedComparison(string Ours, string Theirs, PairedRatio Ratio, bool Met)
{
    private const double Least = 0.97;

    /// <summary>Both are held to a median of 0.97; against the peer the interval must also reach 1, or it is slower for sure.</summary>
    public static SpeedComparison Of(string ours, string theirs, IReadOnlyList<double> ourRates, IReadOnlyList<double> theirRates)
    {
        var ratio = PairedRatio.Of(ourRates, theirRates);
        return new SpeedComparison(ours, theirs, ratio, ratio.Median >= Least && (theirs != NodePeer.Name || ratio.High >= 1));
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(SpeedReport))]
public sealed partial class SpeedJson : JsonSerializerContext;
