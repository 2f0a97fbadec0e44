using System.CommandLine;
using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Imaging.Rendering;
using WisePanda.Learning;
using WisePanda.Matching;
using WisePanda.Workbench;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda demo</c>: trains on generated pairs, ranks a generated site of 500 fragments and opens the workbench on drawings of them.</summary>
public static class DemoCommand
{
    private const int Fragments = 500;
    private const double Joins = 0.5;
    private const int SiteSeed = 42;

    private static readonly Option<string> Folder = new("--folder") { Description = "Where the model, the site and the ranking are written.", DefaultValueFactory = _ => "wisepanda-demo" };

    private static readonly Option<bool> NoOpen = new("--no-open") { Description = "Do not open a browser." };

    public static Command Create()
    {
        var command = new Command("demo", "Train on generated pairs, rank a generated site of 500 fragments and open the workbench on drawings of them.") { Folder, NoOpen };
        command.SetAction((result, cancellationToken) => RunAsync(Directory.CreateDirectory(result.GetValue(Folder)!).FullName, !result.GetValue(NoOpen), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string folder, bool open, CancellationToken cancellationToken)
    {
        string File(string name) => Path.Combine(folder, name);
        var model = TrainCommand.Train(ModelOptions.Shipped, cancellationToken);
        ModelFile.Write(File("model.json"), model);
        var site = SiteGenerator.Draw(new Random(SiteSeed), Fragments, Joins);
        EdgeFile.Write(File("edges.csv"), site.Edges);
        JoinFile.Write(File("truth.csv"), site.Joins);
        var lines = RankCommand.Rank(site.Edges, model, 50);
        RankCommand.WriteCsv(File("ranking.csv"), lines);
        Report(site, lines);
        Console.Out.WriteLine($"The model, the edges, the true joins and the ranking are in {folder}.");

        var pictures = File("pictures");
        Console.Out.WriteLine($"Drawing the fragments in {pictures}; the workbench reads their edges from the drawings, as from photographs.");
        SitePictures.Write(pictures, site.Edges, SiteSeed, cancellationToken);
        return await WorkbenchCommand.RunAsync(new WorkbenchOptions { Folder = pictures, Model = model, Progress = WorkbenchCommand.Report }, open, cancellationToken);
    }

    private static void Report(Site site, List<RankedLine> lines)
    {
        var mates = site.Joins.SelectMany(join => new[] { ((join.Above, "bottom"), join.Below), ((join.Below, "top"), join.Above) }).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        var asked = lines.Where(line => mates.ContainsKey((line.Fragment, line.End))).ToList();
        foreach (var k in new[] { 1, 10, 50 })
            Console.Out.WriteLine($"Top-{k}: {100.0 * asked.Count(line => line.Rank <= k && mates[(line.Fragment, line.End)] == line.Candidate) / mates.Count:F0}% of {mates.Count} edges with a mate, pool {site.Edges.Count / 2}");
    }
}
