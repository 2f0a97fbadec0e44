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
    public void ReadyIn_BeforeAFewChunks_IsThePlannedRate()
    {
        var tracker = new CatchUpTracker(100, Rates, 10);
        Assert.Equal(TimeSpan.FromSeconds(1.2), tracker.ReadyIn(20));
        tracker.Done(10, TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(1.1), tracker.ReadyIn(20));
    }

    [Fact]
    public void ReadyIn_AfterAFewChunks_IsTheRateSeen()
    {
        var tracker = new CatchUpTracker(100, Rates, 10);
        for (var i = 0; i < 4; i++) tracker.Done(10, TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.FromSeconds(80 * 0.05), tracker.ReadyIn(20));
        tracker.Done(60, TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(20 * 0.05), tracker.ReadyIn(20));
        tracker.Done(20, TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, tracker.ReadyIn(20));
    }

    [Fact]
    public void ReadyIn_StepsThatTookNoTime_IsThePlannedRate()
    {
        var tracker = new CatchUpTracker(100, Rates, 1);
        for (var i = 0; i < 50; i++) tracker.Done(1, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(0.5), tracker.ReadyIn(0));
    }
}
