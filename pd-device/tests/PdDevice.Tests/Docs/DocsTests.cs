using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using PdDevice.Benchmarks;
using PdDevice.Benchmarks.Refinement;
using PdDevice.Benchmarks.Serving;
using PdDevice.Benchmarks.Simulate;
using PdDevice.Benchmarks.Speed;
using PdDevice.Cli;
using PdDevice.Evaluation.Reports;
using PdDevice.Http.OpenAi;
using PdDevice.Simulation.Reports;
using PdDevice.Tests.Cloud.Telemetry;
using PdDevice.Tests.Core.Planning.Costs;

namespace PdDevice.Tests.Docs;

/// <summary>The pages say what is so: each test here holds one of them to the code. Run with PDD_UPDATE_DOCS=1 to rewrite what is generated.</summary>
public sealed partial class DocsTests
{
    [Fact]
    public void Options_Page_IsMadeFromTheSettings() => IsMade("options.md", OptionsPage.Markdown());

    [Fact]
    public void OpenAi_Page_IsMadeFromTheFields() => IsMade("openai.md", OpenAiPage.Markdown());

    [Fact]
    public void Metrics_Page_IsMadeFromWhatACloudShows()
    {
        var file = Path.Combine(House.Folder, "docs", "metrics.md");
        var page = File.ReadAllText(file).ReplaceLineEndings("\n");
        var (from, to) = (page.IndexOf(MetricsTables.Begin, StringComparison.Ordinal), page.IndexOf(MetricsTables.End, StringComparison.Ordinal));
        var made = page[..from] + MetricsTables.Markdown() + page[to..];
        if (Environment.GetEnvironmentVariable("PDD_UPDATE_DOCS") == "1") File.WriteAllText(file, page = made);
        Assert.Equal(page, made);

        var traces = page[page.IndexOf("## Traces", StringComparison.Ordinal)..];
        Assert.Equal(TracingTests.Allowed.ToHashSet(), Attribute().Matches(traces).Select(match => match.Groups["name"].Value).ToHashSet());
    }

    [Fact]
    public void Invariants_Page_NamesATestOfEachThatExists()
    {
        var tests = typeof(DocsTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(m => m.GetCustomAttributes<FactAttribute>(true).Any()).Select(m => $"{type.Name}.{m.Name}"))
            .Concat(Simulated())
            .ToHashSet(StringComparer.Ordinal);
        var sections = File.ReadAllText(Path.Combine(House.Folder, "docs", "invariants.md")).Split("\n## ")[1..];
        Assert.Equal(10, sections.Length);
        for (var i = 0; i < sections.Length; i++)
        {
            Assert.StartsWith($"{i + 1}. ", sections[i]);
            var named = TestName().Matches(sections[i]).Select(match => match.Groups["name"].Value).ToArray();
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.Contains(name, tests));
        }
    }

    [Fact]
    public void Architecture_Page_NamesFilesThatExist()
    {
        var named = FileName().Matches(File.ReadAllText(Path.Combine(House.Folder, "docs", "architecture.md"))).Select(match => match.Groups["name"].Value).ToArray();
        Assert.InRange(named.Length, 20, 200);
        Assert.All(named, file => Assert.True(File.Exists(Path.Combine(House.Folder, "src", file)), file));
    }

    [Fact]
    public void Readme_ResultsTable_IsMadeFromTheMeasuredFiles()
    {
        var results = Path.Combine(House.Folder, "benchmarks", "results", "demo");
        var readme = File.ReadAllText(Path.Combine(House.Folder, "README.md"));
        foreach (var file in Directory.GetFiles(results, "*.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            Assert.True(json.RootElement.GetProperty("emulated").GetProperty("valid").GetBoolean(), file);
            Assert.Contains(json.RootElement.GetProperty("machine").GetString()!, readme);
            foreach (var way in json.RootElement.GetProperty("ways").EnumerateArray())
                foreach (var figure in (string[])["ttftMs", "totalMs"])
                    Assert.Contains($"{way.GetProperty(figure).GetDouble():N0}", readme);
        }
    }

    [Fact]
    public void Readme_SpeedTable_IsMadeFromTheMeasuredFile()
    {
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(House.Folder, "benchmarks", "results", "speed.json")), SpeedJson.Default.SpeedReport)!;
        Assert.Empty(report.Skipped);
        Assert.InRange(report.Runs, 5, int.MaxValue);
        Assert.NotEmpty(report.Build);
        Assert.Equal(2, report.Models.Count);
        foreach (var figure in report.Models.SelectMany(model => model.Figures))
        {
            Assert.NotEmpty(figure.Comparisons);
            Assert.All(figure.Rates.Values, rates => Assert.Equal(report.Runs, rates.Count));
            Assert.All(figure.Comparisons, c => Assert.Equal(SpeedComparison.Of(c.Ours, c.Theirs, figure.Rates[c.Ours], figure.Rates[c.Theirs]), c));
        }

        var readme = Path.Combine(House.Folder, "README.md");
        if (Environment.GetEnvironmentVariable("PDD_UPDATE_DOCS") == "1")
            File.WriteAllText(readme, ReadmeBlock.Replace(File.ReadAllText(readme), "speed", SpeedTable.Markdown(report)));
        Assert.Equal(SpeedTable.Markdown(report), ReadmeBlock.Read(File.ReadAllText(readme).ReplaceLineEndings("\n"), "speed"));
    }

    [Theory]
    [InlineData("mixed-load")]
    [InlineData("cost")]
    [InlineData("prefix")]
    [InlineData("pools")]
    [InlineData("streams")]
    [InlineData("disconnects")]
    [InlineData("turns")]
    [InlineData("links")]
    [InlineData("capture")]
    [InlineData("capture-accuracy")]
    [InlineData("catchup")]
    [InlineData("scale")]
    public void Serving_Tables_AreMadeFromTheMeasuredFiles(string name)
    {
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(House.Folder, "benchmarks", "results", $"{name}.json")), TableJson.Default.TableReport)!;
        Assert.All(report.Rows, row => Assert.Equal(report.Heads.Count, row.Count));
        Assert.Equal(report.Markdown(), ReadmeBlock.Read(File.ReadAllText(Path.Combine(House.Folder, "docs", report.Page)).ReplaceLineEndings("\n"), name));
    }

    [Fact]
    public void Refinement_Page_IsMadeFromTheMeasuredFiles()
    {
        var reports = RefinementPageCommand.Read(Path.Combine(House.Folder, "benchmarks", "results"));
        var docs = Path.Combine(House.Folder, "docs");
        Assert.Equal(RefinementPage.Markdown(reports), ReadmeBlock.Read(File.ReadAllText(Path.Combine(docs, "refinement.md")).ReplaceLineEndings("\n"), RefinementPage.Block));
        Assert.All(reports, report =>
        {
            Assert.Equal(ReportBuilder.Quality(report.Value.Rows).SmallestBorne, report.Value.DefaultRatio);
            if (RefinementPage.HasSection(report.Key)) Assert.Equal(RefinementPlot.Svg(report.Value), File.ReadAllText(Path.Combine(docs, $"{report.Key}.svg")).ReplaceLineEndings("\n"));
        });
    }

    [Fact]
    public void Planning_Tables_AreMadeFromThePresetsAndTheMeasuredFile()
    {
        var file = Path.Combine(House.Folder, "docs", "planning.md");
        var page = File.ReadAllText(file).ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("PDD_UPDATE_DOCS") == "1") File.WriteAllText(file, page = ReadmeBlock.Replace(page, "presets", PublishedRates.Markdown()));
        Assert.Equal(PublishedRates.Markdown(), ReadmeBlock.Read(page, "presets"));

        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(House.Folder, "benchmarks", "results", "planner.json")), TableJson.Default.TableReport)!;
        Assert.Equal(report.Markdown(), ReadmeBlock.Read(page, "planner"));
    }

    [Fact]
    public void Simulation_Tables_AreMadeFromTheKeptFigures()
    {
        var page = File.ReadAllText(Path.Combine(House.Folder, "docs", "simulation.md")).ReplaceLineEndings("\n");
        foreach (var file in Directory.GetFiles(Path.Combine(House.Folder, "benchmarks", "results", "simulation"), "*.json"))
        {
            var kept = JsonSerializer.Deserialize(File.ReadAllBytes(file), ReportJson.Default.SimulationReport)!;
            Assert.Contains(string.Join('\n', ReportMarkdown.Of("", kept).Split('\n').Skip(1)), ReadmeBlock.Read(page, Path.GetFileNameWithoutExtension(file)));
        }

        Assert.Equal(FleetSummary.Markdown(SimulationTables.Kept), ReadmeBlock.Read(File.ReadAllText(Path.Combine(House.Folder, "README.md")).ReplaceLineEndings("\n"), FleetSummary.Block));

        foreach (var file in Directory.GetFiles(Path.Combine(House.Folder, "benchmarks", "results"), "scale.json"))
        {
            var report = JsonSerializer.Deserialize(File.ReadAllBytes(file), TableJson.Default.TableReport)!;
            Assert.Equal(report.Markdown(), ReadmeBlock.Read(page, "scale"));
        }
    }

    /// <summary>Those of the simulator's project, which this one does not know, by its sources.</summary>
    private static IEnumerable<string> Simulated() =>
        Directory.EnumerateFiles(Path.Combine(House.Folder, "tests", "PdDevice.Simulation.Tests"), "*Tests.cs", SearchOption.AllDirectories)
            .SelectMany(file => TestMethod().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["name"].Value}"));

    private static void IsMade(string page, string markdown)
    {
        var file = Path.Combine(House.Folder, "docs", page);
        if (Environment.GetEnvironmentVariable("PDD_UPDATE_DOCS") == "1") File.WriteAllText(file, markdown);
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), markdown);
    }

    [GeneratedRegex("`(?<name>(gen_ai|pdd|error)\\.[a-z_.]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attribute();

    [GeneratedRegex("`(?<name>[A-Za-z0-9]+Tests\\.[A-Za-z0-9_]+)`", RegexOptions.None, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex("public (async )?(void|Task) (?<name>[A-Za-z0-9_]+)\\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestMethod();

    [GeneratedRegex("`(?<name>PdDevice\\.[A-Za-z]+/[A-Za-z0-9_./]+\\.cs)`", RegexOptions.None, 1000)]
    private static partial Regex FileName();
}
