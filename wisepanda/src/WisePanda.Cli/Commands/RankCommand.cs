using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvHelper;
using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Cli.Commands;

/// <summary>One line of a ranking.</summary>
/// <param name="Fragment">The fragment of the edge that was asked for.</param>
/// <param name="End">Its end, <c>top</c> or <c>bottom</c>.</param>
/// <param name="Rank">The candidate's place, from 1; ties share the mean.</param>
/// <param name="Candidate">The candidate's fragment; its edge is of the other end.</param>
/// <param name="Score">What the ranking sorts by, in nats, higher is better.</param>
/// <param name="Probability">The calibrated chance that the two join, 0 to 1.</param>
public sealed record RankedLine(string Fragment, string End, double Rank, string Candidate, double Score, double Probability);

/// <summary><c>wisepanda rank</c>: the best candidates of every edge.</summary>
public static class RankCommand
{
    private static readonly Option<string> Edges = new("--edges") { Description = "A CSV file of edges: fragment,end,h0,...,h63.", Required = true };
    private static readonly Option<string> Model = new("--model") { Description = "A model made by `wisepanda train`; without it the one that comes with the program." };
    private static readonly Option<int> Top = new("--top") { Description = "Candidates of each edge, 1 to 1000.", DefaultValueFactory = _ => 50 };
    private static readonly Option<string> Json = new("--json") { Description = "Writes the ranking as JSON." };
    private static readonly Option<string> Csv = new("--csv") { Description = "Writes the ranking as CSV." };

    public static Command Create()
    {
        var command = new Command("rank", "Rank for each edge the candidates that may join it. Without --json or --csv the first candidate of each is printed.") { Edges, Model, Top, Json, Csv };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult result)
    {
        var edges = EdgeFile.Read(result.GetValue(Edges)!);
        var lines = Rank(edges, Models.Read(result.GetValue(Model)), Ranges.Check(result, Top, 1, 1000));
        if (result.GetValue(Json) is { } json) WholeFile.Write(json, JsonSerializer.Serialize(lines, RankJson.Default.ListRankedLine) + "\n");
        if (result.GetValue(Csv) is { } csv) WriteCsv(csv, lines);
        if (result.GetValue(Json) is null && result.GetValue(Csv) is null)
            foreach (var line in lines.DistinctBy(line => (line.Fragment, line.End))) Console.Out.WriteLine($"{line.Fragment} {line.End}: {line.Candidate} ({line.Probability:P0})");
        return 0;
    }

    /// <summary>Ranks every edge against all others.</summary>
    internal static List<RankedLine> Rank(IReadOnlyList<Edge> edges, MatchModel model, int top)
    {
        var start = TimeProvider.System.GetTimestamp();
        var rankings = new EdgeRanker(model, edges).RankAll(top);
        var lines = edges.SelectMany(edge => rankings[edge].Select(candidate => new RankedLine(
            edge.Fragment, edge.End == EdgeEnd.Top ? "top" : "bottom", candidate.Rank, candidate.Edge.Fragment, Math.Round(candidate.Score, 4), Math.Round(candidate.Probability, 4)))).ToList();
        Console.Error.WriteLine($"wisepanda: ranked {edges.Count} edges in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s");
        return lines;
    }

    internal static void WriteCsv(string path, IEnumerable<RankedLine> lines)
    {
        using var csv = CsvWriter.ToFile(path, CsvWriterOptions.Default with { NewLine = "\n" });
        csv.WriteRecord(["fragment", "end", "rank", "candidate", "score", "probability"]);
        foreach (var line in lines) csv.WriteRecord([line.Fragment, line.End, $"{line.Rank}", line.Candidate, $"{line.Score}", $"{line.Probability}"]);
    }
}

[JsonSerializable(typeof(List<RankedLine>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class RankJson : JsonSerializerContext;
