namespace PdDevice.Tests.Benchmarks.Simulate;

[Collection("Engine")]
public sealed class ScaleBenchTests
{
    [Fact]
    public async Task Scale_Smoke_RunsToItsTable()
    {
        var (code, output, error) = await BenchmarkProgram.RunAsync("scale", "--smoke");
        Assert.True(code == 0, error + output);
        Assert.Contains("us/event", output);
        Assert.Contains("2,000", output);
        Assert.Contains(PdDevice.Cli.Machine.Name, output);
    }
}
