using System.Globalization;
using System.Text.Json;
using PdDevice.Cli.Tune;

namespace PdDevice.Tests.Cli;

[Collection("Engine")]
public sealed class TuneCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-tune-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task Tune_Explain_ShowsTheChoiceAndWhyNotTheOthersAndWritesTheSame()
    {
        var file = Path.Combine(_folder, "tune.json");
        var result = await Pdd.RunAsync(["tune", "--prompt", "2000", "--quality", "0.5=0.01:0.02,0.25=0.03:0.06", "--max-loss", "0.05", "--explain", "--json", file]);
        Assert.True(result.Code == 0, result.Error);
        var tune = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), TuneJson.Default.TuneResult)!;
        Assert.Equal(10, tune.Considered.Count);
        Assert.Contains(tune.Chosen, tune.Considered);
        Assert.True(tune.Chosen is { UseCloud: true, Feasible: true, KeepRatio: 0.5 });
        Assert.All(tune.Considered.Where(choice => choice.Feasible), choice => Assert.True(choice.OccupancyMs >= tune.Chosen.OccupancyMs));
        Assert.InRange(tune.Device.PrefillTokensPerSecond / tune.Device.DecodeTokensPerSecond, 40, 80);
        Assert.True(tune.WholeAnswerOccupancyMs > 5 * tune.Chosen.OccupancyMs);

        Assert.Contains($"lease {tune.Chosen.Lease} tokens, keep ratio 0.5", result.Out);
        Assert.Contains("first token in 2485 ms, wanted within 1000 ms", result.Out); // the device alone
        Assert.Contains("may lose more than 0.05", result.Out);
        Assert.Contains("more of a cloud's slot", result.Out);
    }

    [Fact]
    public async Task Tune_RatesAndRelativeObjectives_IsTheClosedForm()
    {
        var file = Path.Combine(_folder, "tune.json");
        var result = await Pdd.RunAsync(["tune", "--device", "800,10", "--prompt", "4000", "--link", "rtt=100ms", "--objectives", "relative", "--json", file]);
        Assert.True(result.Code == 0, result.Error);
        Assert.DoesNotContain("wanted within", result.Out); // not without --explain
        var tune = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), TuneJson.Default.TuneResult)!;

        // K = (ready - T1 - slack) / (1/d - 1/p), with the chunk of 128 in flight and a quarter period of slack.
        var ready = (4000 + 128) / 800.0;
        var expected = Math.Ceiling((ready - (tune.Chosen.FirstTokenMs / 1000) - 0.025) / (0.1 - (1 / 800.0)));
        Assert.Equal(expected, tune.Chosen.Lease);
        Assert.Equal(100, tune.Chosen.PeriodMs, 6);
    }

    [Fact]
    public async Task Tune_Fleet_BestIsTheBestOfTheTableAndGainsNoMoreThanTheCeiling()
    {
        var file = Path.Combine(_folder, "tune.json");
        var result = await Pdd.RunAsync(["tune", "--fleet", "3", "--prompt", "1155", "--output", "211", "--explain", "--json", file]);
        Assert.True(result.Code == 0, result.Error);
        var fleet = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), TuneJson.Default.TuneResult)!.Fleet!;
        Assert.Equal(3 * 5 * 3 * 2, fleet.Considered.Count);
        Assert.Equal(fleet.Considered.Max(row => row.GoodputPerAccelerator), fleet.Best!.GoodputPerAccelerator);
        Assert.All(fleet.Considered.Where(row => !row.Evaluated), row => Assert.True(row.Bound <= fleet.Best.GoodputPerAccelerator));
        Assert.InRange(fleet.Best.GoodputPerAccelerator / fleet.BestWhole!.GoodputPerAccelerator, 1.01, fleet.Ceiling * 1.1);
        Assert.Contains($"{fleet.Best.GoodputPerAccelerator:F2} requests/s per accelerator", result.Out);
        Assert.Contains("others were ruled out by their bound", result.Out);
    }

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:15:4{0}.5,{1},{2}")]
    [InlineData("", "{{\"timestamp\": 1{0}000, \"input_length\": {1}, \"output_length\": {2}}}")]
    [InlineData("seconds,prompt_tokens,output_tokens", "{0},{1},{2}")]
    public async Task Tune_FleetOfATrace_PlansForAllItsSizes(string header, string line)
    {
        (int Prompt, int Output)[] sizes = [(200, 50), (4000, 900), (200, 50), (1000, 100), (0, 5)];
        var trace = Path.Combine(_folder, "trace");
        await File.WriteAllLinesAsync(trace, [header, .. sizes.Select((size, i) => string.Format(CultureInfo.InvariantCulture, line, i, size.Prompt, size.Output))]);
        var many = await FleetAsync("--trace", trace, "--max-tokens", "800");
        Assert.Equal(new TuneTrace("trace", 4, 1, 0, 1, 1350, 250), many.Trace);
        Assert.InRange(many.AttainableShare, 0.9, 1);

        // Long requests ask more of a machine than short ones, and all of them something between.
        var small = await FleetAsync("--prompt", "200", "--output", "50");
        var large = await FleetAsync("--prompt", "4000", "--output", "800", "--max-tokens", "800");
        Assert.InRange(many.BestWhole!.GoodputPerAccelerator, large.BestWhole!.GoodputPerAccelerator * 1.1, small.BestWhole!.GoodputPerAccelerator / 1.1);
        Assert.InRange(many.Ceiling, 1.01, 10);
        Assert.Null(small.Trace);
    }

    [Fact]
    public async Task Tune_FleetOfRequestsNobodyCanServeInTime_SaysSo()
    {
        var fleet = await FleetAsync("--prompt", "1000", "--output", "50", "--link", "rtt=5s");
        Assert.Equal((0, null), (fleet.AttainableShare, fleet.Best));
    }

    [Theory]
    [InlineData("line 3: prompt_tokens is 'NaN'", "--fleet", "2")]
    [InlineData("add --fleet N")]
    [InlineData("leave out --prompt and --output", "--fleet", "2", "--output", "7")]
    public async Task Tune_BadTrace_OneLineThatNamesIt(string expected, params string[] arguments)
    {
        var trace = Path.Combine(_folder, "trace.csv");
        await File.WriteAllTextAsync(trace, "seconds,prompt_tokens,output_tokens\n1,2,3\n2,NaN,3\n");
        var result = await Pdd.RunAsync(["tune", "--trace", trace, .. arguments]);
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Empty(result.Out);
    }

    [Theory]
    [InlineData("There is no machine 'abacus'", "--device", "abacus")]
    [InlineData("There is no machine 'H200'", "--device", "H200")]
    [InlineData("not a number", "--device", "800,fast")]
    [InlineData("There is no machine 'board'", "--cloud-machine", "board")]
    [InlineData("There is no model '9B'", "--model-size", "9B")]
    [InlineData("neither absolute", "--objectives", "both")]
    [InlineData("is not KEEP=MEAN:MOST", "--quality", "0.5")]
    [InlineData("0 <= mean <= most", "--quality", "0.5=0.3:0.2")]
    [InlineData("above 0", "--quality", "0=0:0")]
    [InlineData("Lower --batch", "--batch", "4096")]
    [InlineData("whole number", "--prompt", "0")]
    public async Task Tune_BadInput_OneLineThatSaysWhatToDo(string expected, params string[] arguments)
    {
        var result = await Pdd.RunAsync(["tune", .. arguments]);
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Empty(result.Out);
    }

    private async Task<FleetTuneResult> FleetAsync(params string[] arguments)
    {
        var file = Path.Combine(_folder, "tune.json");
        var result = await Pdd.RunAsync(["tune", "--fleet", "2", "--json", file, .. arguments]);
        Assert.True(result.Code == 0, result.Error);
        return JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), TuneJson.Default.TuneResult)!.Fleet!;
    }
}
