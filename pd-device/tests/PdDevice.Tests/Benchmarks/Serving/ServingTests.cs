namespace PdDevice.Tests.Benchmarks.Serving;

/// <summary>The serving benchmarks' own paths at small sizes: they run to a table and keep nothing. Their figures mean nothing.</summary>
[Collection("Engine")]
public sealed class ServingTests
{
    [Theory]
    [InlineData("mixed-load", "bound none, chunk 512")]
    [InlineData("cost", "slot ratio")]
    [InlineData("prefix", "tokens reused")]
    [InlineData("turns", "second turn")]
    [InlineData("capture", "beside 8 streams")]
    [InlineData("capture-accuracy", "every 6th layer, 16 queries")]
    [InlineData("refine", "keep ratio 0.5")]
    [InlineData("pools", "disaggregated, under load")]
    [InlineData("streams", "twice as many")]
    [InlineData("disconnects", "300")]
    public async Task Benchmark_Smoke_RunsToItsTable(string name, string expected)
    {
        var (code, output, error) = await BenchmarkProgram.RunAsync(name, "--smoke");
        Assert.True(code == 0, error + output);
        Assert.Contains(expected, output);
        Assert.Contains(PdDevice.Cli.Machine.Name, output);
    }

    [Fact]
    public async Task Benchmark_NoSuchModel_OneLine()
    {
        var (code, _, error) = await BenchmarkProgram.RunAsync("prefix", "--model", "/no/such.gguf");
        Assert.Equal(1, code);
        Assert.Contains("There is no model file", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }
}
