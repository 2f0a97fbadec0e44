using System.Text.Json.Serialization;

namespace WisePanda.Evaluation;

/// <summary>One method on one set.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Hubness">Whether candidates pay for their hubness.</param>
/// <param name="Pool">Candidates of an edge.</param>
/// <param name="Pairs">True pairs; each is asked for from both sides.</param>
/// <param name="Top1">Percent of edges whose mate is first; a tie shares the mean of its places.</param>
/// <param name="Top5">Percent among the first 5.</param>
/// <param name="Top10">Percent among the first 10.</param>
/// <param name="Top20">Percent among the first 20.</param>
/// <param name="Top50">Percent among the first 50.</param>
/// <param name="Intervals">95% interval of each of these in percent, by bootstrap over pairs.</param>
/// <param name="Cmc">Percent among the first k, for k from 1 to the pool, 200 at most.</param>
public sealed record MethodRow(
    string Method, bool Hubness, int Pool, int Pairs, double Top1, double Top5, double Top10, double Top20, double Top50,
    IReadOnlyDictionary<string, double[]> Intervals, double[] Cmc);

/// <summary>Two methods on the same pairs.</summary>
/// <param name="Method">The one.</param>
/// <param name="Than">The other.</param>
/// <param name="TopK">Which share: top1 to top50.</param>
/// <param name="Gain">The first one's share less the other's, in percentage points.</param>
/// <param name="Interval">95% interval of the gain, by bootstrap over pairs.</param>
public sealed record Comparison(string Method, string Than, string TopK, double Gain, double[] Interval);

/// <summary>One set: a row for each method without and with hubness, and paired comparisons.</summary>
public sealed record SetReport(string Name, int Pool, int Pairs, IReadOnlyList<MethodRow> Rows, IReadOnlyList<Comparison> Comparisons);

/// <summary>Probabilities between two bounds, and how often they were right, on generated pools where half of the edges have no mate.</summary>
/// <param name="From">Lower bound of the probability.</param>
/// <param name="To">Upper bound.</param>
/// <param name="Count">First candidates with such a probability.</param>
/// <param name="Predicted">Mean probability.</param>
/// <param name="Observed">Share that were mates.</param>
public sealed record ReliabilityBin(double From, double To, int Count, double Predicted, double Observed);

/// <summary>What <c>wisepanda eval</c> writes.</summary>
/// <param name="Pairs">The pairs' file.</param>
/// <param name="Distractors">The distractors' file, if any.</param>
/// <param name="Model">The command that made the model.</param>
/// <param name="Pool">Candidates of an edge in <paramref name="Rows"/>.</param>
/// <param name="Rows">The pairs of the file: one row a method, without and with hubness.</param>
/// <param name="Comparisons">Paired comparisons on the pairs of the file.</param>
/// <param name="OtherSets">Distractors made by mirroring, half the mates removed, three synthetic tiers.</param>
/// <param name="Reliability">Whether the probabilities are what they say.</param>
public sealed record Report(
    string Pairs, string? Distractors, string Model, int Pool, IReadOnlyList<MethodRow> Rows, IReadOnlyList<Comparison> Comparisons,
    IReadOnlyList<SetReport> OtherSets, IReadOnlyList<ReliabilityBin> Reliability);

[JsonSerializable(typeof(Report))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
public sealed partial class ReportJson : JsonSerializerContext;
