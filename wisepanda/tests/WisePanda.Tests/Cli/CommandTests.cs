using System.Diagnostics;
using WisePanda.Edges;
using WisePanda.Generation;

namespace WisePanda.Tests.Cli;

/// <summary>The command itself, as a process.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wisepanda-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Rank_GeneratedSite_FindsManyJoins()
    {
        Assert.Equal(0, (await RunAsync("generate", "--edges", "edges.csv", "--truth", "truth.csv", "--fragments", "60", "--joins", "0.5")).Code);
        Assert.Equal(0, (await RunAsync("rank", "--edges", "edges.csv", "--top", "10", "--csv", "ranking.csv", "--json", "ranking.json")).Code);

        var joins = File.ReadAllLines(At("truth.csv")).Skip(1).Select(line => line.Split(',')).ToDictionary(join => join[0], join => join[1]);
        var ranking = File.ReadAllLines(At("ranking.csv")).Skip(1).Select(line => line.Split(',')).ToList();
        Assert.Equal(120 * 10, ranking.Count);
        var found = ranking.Count(line => line[1] == "bottom" && joins.TryGetValue(line[0], out var mate) && mate == line[3]);
        Assert.True(found > joins.Count / 2, $"{found} of {joins.Count} joins among the first ten of 59");
        Assert.Contains("\"probability\"", File.ReadAllText(At("ranking.json")));
    }

    [Fact]
    public async Task Eval_PairFile_PrintsThePoolAndWritesJsonAndPlot()
    {
        var pairs = Tier.Same.Generator().Draw(new Random(1), 16);
        PairFile.Write(At("pairs.csv"), pairs.Take(10));
        PairFile.Write(At("others.csv"), pairs.Skip(10));

        var (code, output, _) = await RunAsync("eval", "--pairs", "pairs.csv", "--distractors", "others.csv", "--json", "eval.json", "--plot", "cmc.svg");

        Assert.Equal(0, code);
        Assert.Contains("10 pairs, pool 16", output);
        Assert.Contains("\"pool\": 16", File.ReadAllText(At("eval.json")));
        Assert.StartsWith("<svg", File.ReadAllText(At("cmc.svg")));
    }

    [Fact]
    public async Task Rank_FileWithNaN_NamesTheLineAndWritesNothing()
    {
        EdgeFile.Write(At("edges.csv"), [Samples.Walk(1), Samples.Walk(2)]);
        File.WriteAllText(At("ranking.csv"), "kept");
        var text = File.ReadAllText(At("edges.csv")).Split('\n');
        text[2] = text[2][..text[2].LastIndexOf(',')] + ",NaN";
        File.WriteAllLines(At("edges.csv"), text);

        var (code, _, error) = await RunAsync("rank", "--edges", "edges.csv", "--csv", "ranking.csv");

        Assert.Equal(1, code);
        Assert.Contains("line 3: h63 is 'NaN'", error);
        Assert.Equal("kept", File.ReadAllText(At("ranking.csv")));
    }

    [Theory]
    [InlineData("rank --edges none.csv", "no such file")]
    [InlineData("generate --edges e.csv --fragments 1", "--fragments must be 2 to 100000")]
    [InlineData("eval --pairs none.csv", "no such file")]
    [InlineData("train --model m.json --groups 0", "--groups must be 1 to 10000")]
    [InlineData("train --model m.json --augment 2", "--augment must be 0 to 1")]
    public async Task Run_BadInput_SaysWhatIsWrong(string arguments, string said)
    {
        var (code, _, error) = await RunAsync(arguments.Split(' '));

        Assert.Equal(1, code);
        Assert.Contains(said, error);
    }

    private string At(string name) => Path.Combine(folder.FullName, name);

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder.FullName, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "wisepanda.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
