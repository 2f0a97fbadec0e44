using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Pacing;

namespace PdDevice.Tests.Core.Pacing;

public sealed class PaceForecastTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(20);

    /// <summary>Gaps between arrivals of cloud tokens: bursts, jitter, pauses.</summary>
    private static readonly Gen<TimeSpan[]> AnyArrivals =
        Gen.Frequency((6, Gen.Choose(0, 10)), (3, Gen.Choose(0, 150)), (1, Gen.Choose(200, 3000))).NonEmptyListOf().Select(gaps =>
        {
            var at = 0;
            return gaps.Select(gap => Ms(at += gap)).ToArray();
        });

    [Fact]
    public void Run_AnyBurstsPausesAndReadiness_FirstAtOnceOthersApartNoneBeforeItIsCommitted() =>
        Prop.ForAll(AnyArrivals.ToArbitrary(), Gen.Choose(0, 9000).ToArbitrary(), Gen.Choose(30, 300).ToArbitrary(), (arrivals, ready, step) =>
        {
            var run = new PaceRun(Period) { Cloud = arrivals, Lease = arrivals.Length + (ready % 3), Ready = Ms(ready), Step = _ => Ms(step) };
            var shown = run.Run(arrivals.Length + 60);
            Assert.Equal(shown[0].Committed, shown[0].Shown); // TTFT is never delayed
            Assert.All(shown, token => Assert.True(token.Shown >= token.Committed));
            var least = (step < 100 ? Ms(step) : Period) / 2;
            Assert.All(Gaps(shown), gap => Assert.True(gap >= least - Tick, $"{gap}"));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Run_DeviceReadyByABendOfAFifth_NeverRunsDryAndNeverBendsFurther() =>
        Prop.ForAll(Gen.Choose(3, 80).ToArbitrary(), Gen.Choose(100, 118).ToArbitrary(), (lease, percent) =>
        {
            // The whole lease comes at once; the device is ready when so many gaps of this share of the period have passed.
            var run = new PaceRun(Period) { Cloud = Burst(lease, Ms(200)), Ready = Ms(200) + (lease * Period * (percent / 100.0)), Step = _ => Period };
            var shown = run.Run(lease + 40);
            Assert.Equal(lease, run.Handover);
            Assert.All(Gaps(shown), gap => Assert.InRange(gap, Period * 0.9 - Tick, (Period * SpeedController.MostBend) + Tick));
            Assert.InRange(Gaps(shown).Last(), Period * 0.97, Period * 1.03); // and it is the device's pace in the end
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Run_DeviceReadyInTime_ThePaceStaysEven() =>
        Prop.ForAll(Gen.Choose(3, 80).ToArbitrary(), Gen.Choose(0, 100).ToArbitrary(), (lease, early) =>
        {
            var ready = Ms(200) + ((lease - 1) * Period * (1 - (early / 100.0)));
            var run = new PaceRun(Period) { Cloud = Burst(lease, Ms(200)), Ready = ready, Step = _ => Period };
            var shown = run.Run(lease + 40);
            foreach (var (token, i) in shown.Take(run.Handover).Select((token, i) => (token, i)).Where(pair => pair.token.Shown < ready))
                Assert.InRange(token.Shown - (Ms(200) + (i * Period)), -Tick, Tick);
            Assert.All(Gaps(shown), gap => Assert.InRange(gap, Period * 0.9 - Tick, Period + Tick + Tick));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Run_DeviceNotReadyAndNothingElseCanCome_SlowsDownStepByStepWithinItsBounds()
    {
        var run = new PaceRun(Period) { Cloud = Burst(12, Ms(200)), Ready = Ms(200) + (12 * Period * 2), Step = _ => Period };
        var gaps = Gaps(run.Run(40)).ToArray();
        Assert.InRange(gaps[0], Period * 1.19, Period * 1.21);
        Assert.All(gaps, gap => Assert.InRange(gap, Period * 0.9 - Tick, (Period * SpeedController.MostStretch) + Tick));
        Assert.True(gaps.Max() < Period * 2.5, $"{gaps.Max()}"); // evenly, it would be 2; at the even pace first, 12
    }

    [Fact]
    public void Run_SlipThatAContinuationIsFor_PaceStaysEvenUntilItIsAskedFor()
    {
        var run = new PaceRun(Period) { Cloud = Burst(20, Ms(200)), Ready = Ms(9000), MayAsk = true };
        Assert.All(Gaps(run.Run(20)), gap => Assert.InRange(gap, Period - Tick, Period + Tick));
    }

    [Fact]
    public void Run_LinkPausesWithFewTokensLeft_BendsBeforeItRunsDryAndGoesOnEvenly()
    {
        // Ten tokens, then 1.15 s of silence: at the even pace the tenth gap would take 250 ms.
        var cloud = Burst(10, Ms(100)).Concat(Burst(30, Ms(1250))).ToArray();
        var gaps = Gaps(new PaceRun(Period) { Cloud = cloud, Ready = null }.Run(40)).ToArray();
        Assert.InRange(gaps.Take(9).Max(), Period * 1.05, (Period * SpeedController.MostBend) + Tick);
        Assert.True(gaps.Take(10).Max() < Period * 2, $"{gaps.Take(10).Max()}");
        Assert.All(gaps.Skip(10), gap => Assert.InRange(gap, Period - Tick, Period + Tick));
    }

    [Fact]
    public void Run_SteadyCloudSlowerThanThePace_ShowsTokensAsTheyCome()
    {
        var cloud = Enumerable.Range(0, 40).Select(i => Ms(150 * i)).ToArray();
        Assert.All(Gaps(new PaceRun(Period) { Cloud = cloud, Ready = null }.Run(40)), gap => Assert.InRange(gap, Ms(150) - Tick, Ms(150) + Tick));
    }

    [Fact]
    public void Run_DeviceSlowerOrFasterThanPlanned_BlendsIntoItsPaceKeepingAboutOneTokenInReserve() =>
        Prop.ForAll(Gen.Choose(40, 300).ToArbitrary(), Gen.Choose(0, 12).ToArbitrary(), (percent, waiting) =>
        {
            var step = Period * (percent / 100.0);
            var run = new PaceRun(Period) { Cloud = Burst(20, Ms(200)), Ready = Ms(200) + ((19 - waiting) * Period), Step = _ => step };
            var shown = run.Run(150);
            var gaps = Gaps(shown).ToArray();
            var bound = (step > Period ? step : Period) * SpeedController.MostBend;
            Assert.All(gaps, gap => Assert.InRange(gap, TimeSpan.Zero, bound + Tick));
            Assert.All(gaps[^20..], gap => Assert.InRange(gap / step, 0.89, 1.05));
            Assert.InRange((shown[^1].Shown - shown[^1].Committed) / step, 0, 3);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Run_DeviceKnownToBeSlower_GapsGrowByAFifthEachWhileTokensWait()
    {
        var run = new PaceRun(Period) { Cloud = Burst(24, Ms(200)), Ready = Ms(200) + (17 * Period), Step = _ => 3 * Period, StepAsSaid = 3 * Period };
        var gaps = Gaps(run.Run(80)).ToArray();
        var last = Array.FindIndex(gaps, gap => gap > Period * 2.4);
        foreach (var (before, after) in gaps.Take(last).Zip(gaps.Skip(1))) Assert.True(after <= before * 1.25, $"{before}, then {after}");
        Assert.All(gaps[^20..], gap => Assert.InRange(gap / Period, 2.69, 3.1));
    }

    [Fact]
    public void Run_DeviceStepsJitter_GapsJitterLess()
    {
        // Steps of 60 and 140 ms in turn: a token in reserve evens them out.
        var run = new PaceRun(Period) { Cloud = Burst(20, Ms(200)), Ready = Ms(200) + (17 * Period), Step = i => Ms(i % 2 == 0 ? 60 : 140) };
        var gaps = Gaps(run.Run(120)).Skip(40).ToArray();
        Assert.All(gaps, gap => Assert.InRange(gap, Ms(80), Ms(120)));
    }

    [Fact]
    public void At_NothingComesAnyMore_ExpectsNothing()
    {
        var forecast = new PaceForecast();
        Assert.Null(forecast.At(TimeSpan.Zero, new SpeedController(Period), new DeviceOutlook(null, TimeSpan.Zero, false)));
        forecast.Asked(TimeSpan.Zero, Ms(50), 2);
        Assert.Equal(new Supply(1, Ms(50)), forecast.At(Ms(10), new SpeedController(Period), new DeviceOutlook(null, TimeSpan.Zero, false))!.Value.Next);
        forecast.Closed();
        Assert.Null(forecast.At(Ms(10), new SpeedController(Period), new DeviceOutlook(null, TimeSpan.Zero, false)));
    }

    private static TimeSpan[] Burst(int tokens, TimeSpan at) => [.. Enumerable.Range(0, tokens).Select(i => at + Ms(i))];

    private static IEnumerable<TimeSpan> Gaps(IReadOnlyList<(TimeSpan Committed, TimeSpan Shown)> shown) =>
        shown.Zip(shown.Skip(1), (a, b) => b.Shown - a.Shown);

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
