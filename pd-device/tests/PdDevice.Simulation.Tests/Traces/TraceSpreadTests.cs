using FsCheck;
using FsCheck.Fluent;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests.Traces;

public sealed class TraceSpreadTests
{
    [Fact]
    public void Over_AnyTrace_KeepsOrderAndRequestsAndEachComesBetweenItsStampAndTheNext()
    {
        var gaps = Gen.Choose(0, 3).Select(gap => gap * 10L).ArrayOf();
        Prop.ForAll(Arb.From(gaps), gaps =>
        {
            var at = 0L;
            TraceRequest[] trace = [.. gaps.Select((gap, i) => new TraceRequest(at += gap, i + 1, 7))];
            TraceRequest[] spread = [.. TraceSpread.Over(trace, 20, 3)];
            Assert.Equal(trace.Select(request => request.PromptTokens), spread.Select(request => request.PromptTokens));
            Assert.Equal(spread, TraceSpread.Over(trace, 20, 3));
            Assert.Equal(spread.Select(request => request.At).Order(), spread.Select(request => request.At));
            Assert.All(trace.Zip(spread), pair =>
            {
                var next = trace.Select(request => request.At).FirstOrDefault(other => other > pair.First.At, long.MaxValue);
                Assert.InRange(pair.Second.At, pair.First.At, Math.Min(next - 1, pair.First.At + 19));
            });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Over_RequestsOfOneStamp_FillTheGrain()
    {
        var spread = TraceSpread.Over(Enumerable.Repeat(new TraceRequest(0, 1, 1), 10_000), 1000, 1).Select(request => request.At).ToArray();
        Assert.Equal(500, spread.Average(), 15.0);
        Assert.InRange(spread[0], 0, 5);
        Assert.InRange(spread[^1], 994, 999);
    }

    [Fact]
    public void Over_AnotherSeed_AnotherSpread() =>
        Assert.NotEqual(Instants(1), Instants(2));

    [Fact]
    public void Over_MoreAtOneStampThanAGridHas_SaysSo()
    {
        var error = Assert.Throws<TraceException>(() => TraceSpread.Over(Enumerable.Repeat(new TraceRequest(0, 1, 1), 100_001), 10, 1).Count());
        Assert.Contains("--spread", error.Message);
    }

    private static long[] Instants(ulong seed) => [.. TraceSpread.Over(Enumerable.Repeat(new TraceRequest(0, 1, 1), 20), 1000, seed).Select(request => request.At)];
}
