namespace PdDevice.Tests.Benchmarks.Planner;

[Collection("Engine")]
public sealed class PlannerBenchTests
{
    [Fact]
    public async Task Planner_Smoke_RunsToItsTable()
    {
        var (code, output, error) = await BenchmarkProgram.RunAsync("planner", "--smoke");
        Assert.True(code == 0, error + output);
        Assert.Contains("5 keep ratios, 3 periods, learned delays", output);
        Assert.Contains(PdDevice.Cli.Machine.Name, output);
    }
}
