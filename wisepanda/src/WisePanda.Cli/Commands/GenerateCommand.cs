using System.CommandLine;
using WisePanda.Edges;
using WisePanda.Generation;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda generate</c>: a site of fragments, some of which join.</summary>
public static class GenerateCommand
{
    private static readonly Option<string> Edges = new("--edges") { Description = "The CSV file of edges to write.", Required = true };
    private static readonly Option<string> Truth = new("--truth") { Description = "The CSV file of true joins to write: above,below." };
    private static readonly Option<int> Fragments = new("--fragments") { Description = "Fragments, 2 to 100000.", DefaultValueFactory = _ => 500 };
    private static readonly Option<double> Joins = new("--joins") { Description = "Share of the breaks of which both sides were found, 0 to 1.", DefaultValueFactory = _ => 0.5 };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of everything drawn.", DefaultValueFactory = _ => 1 };

    public static Command Create()
    {
        var command = new Command("generate", "Generate a site: fragments with two edges each, a share of which join.") { Edges, Truth, Fragments, Joins, Seed };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult result)
    {
        var site = SiteGenerator.Draw(new Random(result.GetValue(Seed)), Ranges.Check(result, Fragments, 2, 100_000), Ranges.Check(result, Joins, 0, 1));
        EdgeFile.Write(result.GetValue(Edges)!, site.Edges);
        if (result.GetValue(Truth) is { } truth) JoinFile.Write(truth, site.Joins);
        Console.Error.WriteLine($"wisepanda: {site.Edges.Count} edges, {site.Joins.Count} true joins");
        return 0;
    }
}
