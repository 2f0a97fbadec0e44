using System.CommandLine;
using System.Text.Json;
using WisePanda.Edges;
using WisePanda.Evaluation;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda eval</c>: how well every method finds known mates.</summary>
public static class EvalCommand
{
    private static readonly Option<string> Pairs = new("--pairs") { Description = "A CSV file of true pairs: pair,edge,h0,...,h63.", Required = true };
    private static readonly Option<string> Distractors = new("--distractors") { Description = "A CSV file of the same form whose edges are only candidates." };
    private static readonly Option<string> Model = new("--model") { Description = "A model made by `wisepanda train`; without it the one that comes with the program." };
    private static readonly Option<string> Against = new("--against") { Description = "A second model: every set then also compares the first with it, pair by pair." };
    private static readonly Option<string> Json = new("--json") { Description = "Writes everything as JSON." };
    private static readonly Option<string> Readme = new("--readme") { Description = "Writes the short table into this page, between <!-- results --> and <!-- /results -->." };
    private static readonly Option<string> Plot = new("--plot") { Description = "Writes the cumulative match curves of the pairs as SVG." };

    public static Command Create()
    {
        var command = new Command("eval", "Rank known mates by every method, with and without hubness, on the pairs and on six other sets.") { Pairs, Distractors, Model, Against, Json, Plot, Readme };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult result)
    {
        var pairs = PairFile.Read(result.GetValue(Pairs)!);
        if (pairs.Count < 2) throw new EdgeFileException(EdgeFileProblem.Empty, result.GetValue(Pairs)!, 0, "one pair has no other to be told from. Give at least two.");
        var others = result.GetValue(Distractors) is { } file ? PairFile.Read(file) : [];
        var model = Models.Read(result.GetValue(Model));
        var set = new TestSet("pairs of the file", pairs, [.. others.Select(pair => pair.Top)], [.. others.Select(pair => pair.Bottom)]);
        var evaluator = new Evaluator(model, result.GetValue(Against) is { } against ? Models.Read(against) : null);
        var reports = evaluator.Run(set, name => Console.Error.WriteLine($"wisepanda: {name}"));
        var reliability = evaluator.Reliability();

        foreach (var report in reports) Console.Out.WriteLine(ReportTable.Of(report));
        Console.Out.WriteLine("Probabilities of first candidates, generated pools, half of the edges without a mate:");
        foreach (var bin in reliability) Console.Out.WriteLine($"  {bin.From:F1} to {bin.To:F1}: {bin.Count} candidates, predicted {bin.Predicted:F2}, observed {bin.Observed:F2}");

        if (result.GetValue(Json) is { } json)
        {
            var whole = new Report(result.GetValue(Pairs)!, result.GetValue(Distractors), model.Data.Made, set.Pool, reports[0].Rows, reports[0].Comparisons, [.. reports.Skip(1)], reliability);
            WholeFile.Write(json, JsonSerializer.Serialize(whole, ReportJson.Default.Report) + "\n");
        }
        if (result.GetValue(Plot) is { } plot)
        {
            var shown = reports[0].Rows.Where(row => row is { Method: "shift +-4 L1" } or { Method: "network", Hubness: false } or { Method: "network + composite", Hubness: true });
            WholeFile.Write(plot, CmcPlot.Svg($"{set.Pairs.Count} pairs, pool {set.Pool}, both directions", [.. shown]));
        }
        if (result.GetValue(Readme) is { } readme) WholeFile.Write(readme, Into(File.ReadAllText(readme), ResultsTable.Of(reports)));
        return 0;
    }

    private static string Into(string page, string table)
    {
        try
        {
            return ResultsTable.Into(page, table);
        }
        catch (FormatException exception)
        {
            throw new CliException(exception.Message);
        }
    }
}
