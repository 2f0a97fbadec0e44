using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Inference.StandIns;

public sealed class PacedEngineTests
{
    // A timer counts whole milliseconds: a call ends at most this after its due time, and the next one makes up for it.
    private static readonly TimeSpan Timer = TimeSpan.FromMilliseconds(1);

    /// <summary>Calls of so many prefill and decode rows, neither zero together.</summary>
    private static readonly Arbitrary<(int Prefill, int Decode)[]> Calls =
        (from prefill in Gen.Choose(0, 64) from decode in Gen.Choose(0, 4) select (prefill, prefill == 0 ? decode + 1 : decode)).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();

    private static readonly Arbitrary<EngineRates> AnyRates =
        (from p in Gen.Choose(10, 20_000) from d in Gen.Choose(1, 500) select new EngineRates(p, d)).ToArbitrary();

    [Fact]
    public void ForwardAsync_BackToBackCalls_EachEndsAtTheSumOfCostsAndNothingDrifts() =>
        Prop.ForAll(Calls, AnyRates, (calls, rates) => VirtualTime.Run(async time =>
        {
            var engine = new PacedEngine(new ScriptedEngine(1, 100_000), rates, time);
            var (position, due, origin) = (0, 0.0, time.Elapsed);
            foreach (var (prefill, decode) in calls)
            {
                position = await ForwardAsync(engine, position, prefill, decode);
                due += prefill / rates.PrefillTokensPerSecond + decode / rates.DecodeTokensPerSecond;
                var late = (time.Elapsed - origin).TotalSeconds - due;
                Assert.InRange(late, -1e-6 * calls.Length, Timer.TotalSeconds);
            }

            Assert.Equal(new PaceReport(calls.Length, 0, engine.Report.Worst), engine.Report);
            Assert.True(engine.Report.Valid);
        })).QuickCheckThrowOnFailure();

    [Fact]
    public void ForwardAsync_AfterAPause_StartsAnew() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), new EngineRates(100, 10), time);
        var position = await ForwardAsync(engine, 0, 5, 0);
        Assert.Equal(TimeSpan.FromMilliseconds(50), time.Elapsed);
        await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        await ForwardAsync(engine, position, 0, 1);
        Assert.Equal(TimeSpan.FromMilliseconds(200), time.Elapsed);
    });

    [Fact]
    public void ForwardAsync_InnerEngineWithinTheCost_IsHidden() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(Taking(time, _ => 90), new EngineRates(100, 10), time);
        var position = 0;
        for (var i = 0; i < 20; i++) position = await ForwardAsync(engine, position, 0, 1);
        Assert.Equal(TimeSpan.FromSeconds(2), time.Elapsed);
        Assert.Equal(new PaceReport(20, 0, TimeSpan.Zero), engine.Report);
    });

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Report_SomeCallsTooSlow_IsInvalidBeyondOnePercent(int slow, bool valid) => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(Taking(time, call => call % 60 == 7 && call / 60 < slow ? 130 : 5), new EngineRates(100, 10), time);
        var position = 0;
        for (var i = 0; i < 200; i++) position = await ForwardAsync(engine, position, 0, 1);
        Assert.Equal(new PaceReport(200, slow, TimeSpan.FromMilliseconds(30)), engine.Report);
        Assert.Equal(valid, engine.Report.Valid);
    });

    [Fact]
    public void ForwardAsync_InnerEngineAlwaysTooSlow_EveryStepIsLate() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(Taking(time, _ => 150), new EngineRates(100, 10), time);
        var position = 0;
        for (var i = 0; i < 10; i++) position = await ForwardAsync(engine, position, 0, 1);
        Assert.Equal(TimeSpan.FromSeconds(1.5), time.Elapsed);
        Assert.Equal(10, engine.Report.LateSteps);
        Assert.False(engine.Report.Valid);
    });

    [Fact]
    public void ForwardAsync_CancelledDuringTheWait_EndsAtOnceAndTheNextCallIsNotHeldUp() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), new EngineRates(100, 10), time);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(120), time);
        var batch = new EngineBatch();
        batch.AddRange(new int[100], 0, 0, RowKind.Prefill, false);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ForwardAsync(batch, stop.Token).AsTask());
        Assert.Equal(TimeSpan.FromMilliseconds(120), time.Elapsed);

        await engine.TruncateAsync(0, 0, CancellationToken.None);
        await ForwardAsync(engine, 0, 10, 0);
        Assert.Equal(TimeSpan.FromMilliseconds(220), time.Elapsed);
    });

    [Fact]
    public void ForwardAsync_InnerEngineRefuses_TakesNoTimeAndTheNextCallIsPaced() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), new EngineRates(100, 10), time);
        await Assert.ThrowsAsync<EngineException>(() => ForwardAsync(engine, 7, 10, 0));
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
        await ForwardAsync(engine, 0, 10, 0);
        Assert.Equal(TimeSpan.FromMilliseconds(100), time.Elapsed);
    });

    [Fact]
    public void MeasureAsync_PacedEngine_FindsItsRates() => VirtualTime.Run(async time =>
    {
        var measured = await EngineRatesMeter.MeasureAsync(new PacedEngine(new ScriptedEngine(), new EngineRates(130, 7), time), time, CancellationToken.None);
        Assert.InRange(measured.PrefillTokensPerSecond, 129, 131);
        Assert.InRange(measured.DecodeTokensPerSecond, 6.9, 7.1);
    });

    private static TestEngine Taking(VirtualTime time, Func<int, int> milliseconds)
    {
        var call = 0;
        return new TestEngine(new ScriptedEngine()) { Before = _ => Task.Delay(TimeSpan.FromMilliseconds(milliseconds(call++)), time) };
    }

    private static async Task<int> ForwardAsync(PacedEngine engine, int position, int prefill, int decode)
    {
        var batch = new EngineBatch();
        batch.AddRange(new int[prefill], position, 0, RowKind.Prefill, false);
        batch.AddRange(new int[decode], position + prefill, 0, RowKind.Decode, false);
        await engine.ForwardAsync(batch, CancellationToken.None);
        return position + prefill + decode;
    }
}
