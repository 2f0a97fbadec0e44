using System.CommandLine;
using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda rank</c>: the best candidates of every edge.</summary>
public static class RankCommand
{
    private static readonly Option<string> Edges = new("--edges") { Description = "A CSV file of edges: fragment,end,h0,...,h63.", Required = true };
    private static readonly Option<int> Top = new("--top") { Description = "Candidates of each edge, at least 1.", DefaultValueFactory = _ => 50 };

    public static Command Create()
    {
        var command = new Command("rank", "Rank for each edge the candidates that may join it.") { Edges, Top };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult result)
    {
        var edges = EdgeFile.Read(result.GetValue(Edges)!);
        var ranker = new EdgeRanker(MatchModel.Shipped, edges);
        foreach (var edge in edges)
            foreach (var candidate in ranker.Rank(edge, result.GetValue(Top)))
                Console.Out.WriteLine($"{edge.Fragment},{edge.End},{candidate.Rank},{candidate.Edge.Fragment},{candidate.Probability:F3}");
        return 0;
    }
}
