using System.Text.Json;
using Microsoft.Playwright;
using PdDevice.Simulation.Reports;

namespace PdDevice.Tests.Cli.Reports;

/// <summary>The report of the real <c>pdd simulate</c> as a person sees it: in a browser, from disk, without a network.</summary>
[Collection("Engine")]
public sealed class HtmlReportTests : IAsyncLifetime
{
    private static readonly string[] Policies = ["device-only", "cloud-only", "pd-device"];

    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-report-").FullName;

    private Browser? _browser;

    public async Task InitializeAsync() => _browser = await Browser.StartAsync();

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [BrowserFact]
    public async Task Report_OfASearch_ShowsEveryTableAndPlotOffline()
    {
        var page = await OpenAsync(Policies, "--search", "--seed", "5", "--links", "rtt=50ms,up=10mbit,down=40mbit;rtt=20ms,up=5mbit,down=20mbit");
        var facts = await page.Page.Locator("#facts").InnerTextAsync();
        Assert.Contains("pdd simulate --trace", facts);
        Assert.Contains("--links 'rtt=50ms,up=10mbit,down=40mbit;rtt=20ms,up=5mbit,down=20mbit'", facts);
        Assert.Matches(@"seed\s+5\s", facts);
        Assert.Matches(@"pdd \d+\.\d+\.\d+.*, \.NET \d+\.\d+\.\d+, vega \d.*vega-embed \d.*vega-lite \d", facts);

        var figures = page.Json.GetProperty("policies");
        var tables = await TablesAsync(page.Page);
        Assert.Equal(9, tables.Count); // times, objectives, spent and ratios, twice, and the slow requests
        Assert.All(tables, table => Assert.All(table.Rows, row => Assert.All(row, cell => Assert.Matches(@"\S", cell))));
        Assert.All(tables, table => Assert.DoesNotContain("NaN", string.Join(' ', table.Rows.SelectMany(row => row))));
        foreach (var title in (string[])["Times", "Objectives and machines", "What was spent"])
            Assert.Equal(Policies, tables.Single(table => table.Title == $"{title}, at the given load").Rows.Select(row => row[0]));
        var times = tables[0].Rows[2];
        Assert.Equal(figures[2].GetProperty("ttftP50Ms").GetDouble(), double.Parse(times[4].Replace(",", "", StringComparison.Ordinal)), 0.51);
        Assert.Equal(17, times.Length); // policy, load, answers; mean, p50 and p99 of TTFT, TPOT, ITL and the answer; p50 and p99 of the largest gap

        Assert.Equal("4", await page.Page.Locator("body").GetAttributeAsync("data-drawn"));
        await DrawnAsync(page.Page, "goodput", ["load, times the trace's own rate", "requests/s within the objectives, per accelerator"], lines: 2, points: page.Json.GetProperty("loads").GetArrayLength(), Policies);
        await DrawnAsync(page.Page, "ttft", ["TTFT, ms (logarithmic)", "share of answers"], lines: 3, points: 0, Policies);
        await DrawnAsync(page.Page, "occupancy", ["time since the first request, s", "slots in use"], lines: 3, points: 0, Policies);
        await DrawnAsync(page.Page, "pareto", ["cloud slot-seconds per answer", "quality kept at that keep ratio, 1 - loss"], lines: 1, points: page.Json.GetProperty("pareto").GetArrayLength(), []);
        Clean(page);
    }

    [BrowserFact]
    public async Task Report_WithoutSearch_ShowsOneLoadAndSaysSo()
    {
        var page = await OpenAsync(["device-only", "cloud-only"]);
        Assert.Contains("PDD__Simulate__Seed=7 pdd simulate", await page.Page.Locator("#facts").InnerTextAsync());
        Assert.Equal(5, (await TablesAsync(page.Page)).Count);
        Assert.Equal("3", await page.Page.Locator("body").GetAttributeAsync("data-drawn"));
        await DrawnAsync(page.Page, "goodput", ["load, times the trace's own rate"], lines: 0, points: 2, ["device-only", "cloud-only"]);
        Assert.Contains("one load; --search tries more", await page.Page.Locator("#goodput").InnerTextAsync());
        Assert.Contains("for the policy pd-device", await page.Page.Locator("#pareto").InnerTextAsync());
        Clean(page);
    }

    [BrowserFact]
    public async Task Report_BrokenOffBeforeAnAnswerHadEnded_SaysSo()
    {
        HtmlReport.Write(_folder, new SimulationReport
        {
            Trace = "trace.csv", Requests = 7, Synthetic = [], MeanPrompt = 5, MeanOutput = 6, Seed = 1, Cloud = "H200", Machines = 4, Model = "8B", Devices = "board:1", Links = ["<b>"],
            Objectives = "relative", Quality = "none", EnergySource = "none", Partial = true, Policies = [],
        }, "pdd simulate </script><script>fail()</script>");
        var (page, asked, errors) = await _browser!.OpenAsync(Path.Combine(_folder, HtmlReport.Page));
        await page.Locator("body[data-drawn]").WaitForAsync();
        var text = await page.Locator("body").InnerTextAsync();
        Assert.Contains("Partial: the run was broken off", text);
        Assert.Contains("Nothing had ended", text);
        Assert.Contains("pdd simulate </script><script>fail()</script>", text);
        Assert.Equal(0, await page.Locator("table, svg").CountAsync());
        Clean((page, asked, errors, default));
    }

    private static void Clean((IPage Page, List<string> Asked, List<string> Errors, JsonElement Json) page)
    {
        Assert.Empty(page.Errors);
        Assert.All(page.Asked, url => Assert.StartsWith("file://", url));
        Assert.Equal(4, page.Asked.Count); // the page and what draws
    }

    /// <summary>A plot with its axes, so many lines of more than one point, so many points, and a legend.</summary>
    private static async Task DrawnAsync(IPage page, string id, string[] axes, int lines, int points, string[] legend)
    {
        var plot = page.Locator($"#{id} svg.marks");
        var titles = await plot.Locator(".role-axis-title").AllTextContentsAsync();
        Assert.All(axes, axis => Assert.Contains(axis, titles));
        Assert.Equal(legend, await plot.Locator(".role-legend-label").AllTextContentsAsync());
        var paths = await plot.Locator(".mark-line path").EvaluateAllAsync<string[]>("all => all.map(path => path.getAttribute('d') ?? '')");
        Assert.Equal(lines, paths.Count(path => path.Contains('L') || path.Contains('H') || path.Contains('C')));
        Assert.Equal(points, await plot.Locator(".mark-symbol.role-mark path").CountAsync());
        var box = await plot.BoundingBoxAsync();
        Assert.True(box is { Width: > 300, Height: > 250 }, $"{id} is {box?.Width} x {box?.Height}");
    }

    private static async Task<List<(string Title, string[][] Rows)>> TablesAsync(IPage page)
    {
        var tables = new List<(string, string[][])>();
        foreach (var table in await page.Locator("#tables table").AllAsync())
        {
            var rows = await table.EvaluateAsync<string[][]>("table => [...table.rows].filter(row => row.querySelector('td')).map(row => [...row.cells].map(cell => cell.textContent))");
            Assert.NotEmpty(rows);
            tables.Add((await table.EvaluateAsync<string>("table => table.parentElement.previousElementSibling.textContent"), rows));
        }

        return tables;
    }

    private async Task<(IPage Page, List<string> Asked, List<string> Errors, JsonElement Json)> OpenAsync(string[] policies, params string[] arguments)
    {
        var trace = Path.Combine(_folder, "trace.csv");
        await File.WriteAllTextAsync(trace, "seconds,prompt_tokens,output_tokens\n" + string.Concat(Enumerable.Range(0, 80).Select(i => $"{i},{500 + (i * 7 % 900)},{50 + (i * 13 % 300)}\n")));
        var report = Path.Combine(_folder, "report");
        var run = await Pdd.RunAsync(["simulate", "--trace", trace, "--policies", string.Join(',', policies), "--report", report, .. arguments], new Dictionary<string, string> { ["PDD__Simulate__Seed"] = "7" });
        Assert.True(run.Code == 0, run.Error);
        var (page, asked, errors) = await _browser!.OpenAsync(Path.Combine(report, "index.html"));
        await page.Locator("body[data-drawn]").WaitForAsync();
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(report, "report.json")));
        return (page, asked, errors, json.RootElement.Clone());
    }
}
