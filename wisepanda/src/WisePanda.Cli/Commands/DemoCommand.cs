using System.CommandLine;
using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda demo</c>: trains on generated pairs and ranks a generated site of 500 fragments.</summary>
public static class DemoCommand
{
    private const int Fragments = 500;
    private const double Joins = 0.5;
    private const int SiteSeed = 42;

    private static readonly Option<string> Folder = new("--folder") { Description = "Where the model, the site and the ranking are written.", DefaultValueFactory = _ => "wisepanda-demo" };

    public static Command Create()
    {
        var command = new Command("demo", "Train on generated pairs, generate a site of 500 fragments and rank it.") { Folder };
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(Directory.CreateDirectory(result.GetValue(Folder)!).FullName, cancellationToken)));
        return command;
    }

    private static int Run(string folder, CancellationToken cancellationToken)
    {
        string File(string name) => Path.Combine(folder, name);
        var model = TrainCommand.Train(new ModelOptions(), cancellationToken);
        ModelFile.Write(File("model.json"), model);
        var site = SiteGenerator.Draw(new Random(SiteSeed), Fragments, Joins);
        EdgeFile.Write(File("edges.csv"), site.Edges);
        JoinFile.Write(File("truth.csv"), site.Joins);
        var lines = RankCommand.Rank(site.Edges, model, 50);
        RankCommand.WriteCsv(File("ranking.csv"), lines);
        Report(site, lines);
        Console.Out.WriteLine($"The model, the edges, the true joins and the ranking are in {folder}.");
        return 0;
    }

    private static void Report(Site site, List<RankedLine> lines)
    {
        var mates = site.Joins.SelectMany(join => new[] { ((join.Above, "bottom"), join.Below), ((join.Below, "top"), join.Above) }).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        var asked = lines.Where(line => mates.ContainsKey((line.Fragment, line.End))).ToList();
        foreach (var k in new[] { 1, 10, 50 })
            Console.Out.WriteLine($"Top-{k}: {100.0 * asked.Count(line => line.Rank <= k && mates[(line.Fragment, line.End)] == line.Candidate) / mates.Count:F0}% of {mates.Count} edges with a mate, pool {site.Edges.Count / 2}");
    }
}
