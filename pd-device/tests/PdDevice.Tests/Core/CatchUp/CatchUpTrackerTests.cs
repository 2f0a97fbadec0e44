using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.CatchUp;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.CatchUp;

public sealed class CatchUpTrackerTests
{
    private static readonly EngineRates Rates = new(100, 10);

    [Fact]
    public void Next_TokensCommittedDuringSteps_EveryPositionOnceInOrderBeforeTakeOver() =>
        Prop.ForAll(
            Gen.Choose(1, 400).ToArbitrary(), Gen.Choose(1, 128).ToArbitrary(), Gen.Choose(0, 5).ArrayOf().Resize(60).ToArbitrary(),
            (prompt, chunk, arrivals) =>
            {
                var tracker = new CatchUpTracker(prompt, Rates, chunk);
                var (ingested, committed) = (0, 0);
                var arriving = new Queue<int>(arrivals);
                while (true)
                {
                    var step = tracker.Next(committed);
                    Assert.Equal(ingested == prompt + committed, step.TakeOver);
                    Assert.Equal(ingested, step.From);
                    if (step.TakeOver) break;
                    Assert.InRange(step.Count, 1, chunk);
                    Assert.Equal(ingested + step.Count == prompt + committed, step.WantLogits);
                    committed += arriving.TryDequeue(out var more) ? more : 0;
                    tracker.Done(step.Count, TimeSpan.FromMilliseconds(step.Count));
                    ingested += step.Count;
                    Assert.Equal(ingested, tracker.Ingested);
                }
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Next_TokenCommittedDuringTheLastStep_IsAbsorbedBeforeTakeOver()
    {
        var tracker = new CatchUpTracker(4, Rates, 8);
        Assert.Equal(new DeviceStep(false, 0, 4, true), tracker.Next(0));
        tracker.Done(4, TimeSpan.Zero);
        Assert.Equal(new DeviceStep(false, 4, 2, true), tracker.Next(2));
        tracker.Done(2, TimeSpan.Zero);
        Assert.True(tracker.Next(2).TakeOver);
    }

    [Fact]
    public void ReadyIn_NothingDoneYet_IsThePlannedRate()
    {
        var tracker = new CatchUpTracker(100, Rates, 10);
        Assert.Equal(TimeSpan.FromSeconds(1.2), Ready(tracker, 20));
        Assert.Equal(1.2 - 0.06, tracker.ReadyIn(20, 10, TimeSpan.FromSeconds(0.06)).TotalSeconds, 6);
        tracker.Done(10, TimeSpan.Zero); // a step that took no time says nothing
        Assert.Equal(TimeSpan.FromSeconds(1.1), Ready(tracker, 20));
        Assert.Equal(Rates, tracker.Rates);
    }

    [Fact]
    public void ReadyIn_ThrottledToAThird_ThreeChunksTellMostOfIt()
    {
        var tracker = new CatchUpTracker(1000, Rates, 10);
        for (var i = 0; i < 20; i++) tracker.Done(10, TimeSpan.FromSeconds(0.1));
        Assert.Equal(8, Ready(tracker, 0).TotalSeconds, 6);
        for (var i = 0; i < 3; i++) tracker.Done(10, TimeSpan.FromSeconds(0.3));
        Assert.InRange(Ready(tracker, 0).TotalSeconds, 0.9 * 77 * 0.3, 77 * 0.3);
        Assert.InRange(tracker.Rates.PrefillTokensPerSecond, 100 / 3.0, 100 / 2.7);
        Assert.InRange(tracker.Rates.DecodeTokensPerSecond, 10 / 3.0, 10 / 2.7);
        for (var i = 0; i < 10; i++) tracker.Done(10, TimeSpan.FromSeconds(0.1));
        Assert.InRange(Ready(tracker, 0).TotalSeconds, 6.7, 6.8);
    }

    [Fact]
    public void ReadyIn_CallRunsLongerThanExpected_SaysSoBeforeItsEnd()
    {
        var tracker = new CatchUpTracker(100, Rates, 10);
        Assert.Equal(TimeSpan.FromSeconds(0.9), tracker.ReadyIn(0, 10, TimeSpan.FromSeconds(0.1)));
        Assert.Equal(TimeSpan.FromSeconds(2.7 + 0.2), tracker.ReadyIn(0, 10, TimeSpan.FromSeconds(0.3))); // nine chunks like it, and this one as long again as it is overdue
    }

    [Fact]
    public void Rates_FasterThanPlanned_DecodeStaysAsPlanned()
    {
        var tracker = new CatchUpTracker(1000, Rates, 10);
        for (var i = 0; i < 20; i++) tracker.Done(10, TimeSpan.FromSeconds(0.01));
        Assert.Equal(1000, tracker.Rates.PrefillTokensPerSecond, 1.0);
        Assert.Equal(10, tracker.Rates.DecodeTokensPerSecond);
    }

    private static TimeSpan Ready(CatchUpTracker tracker, int committed) => tracker.ReadyIn(committed, 0, TimeSpan.Zero);
}
