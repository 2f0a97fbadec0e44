using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Pacing;

namespace PdDevice.Tests.Core.Pacing;

public sealed class SpeedControllerTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(40);

    /// <summary>A step: commit so many tokens, expect the next so soon (null: nothing), then poll once after so long.</summary>
    private static readonly Arbitrary<(int Commits, int? Next, int WaitTicks)[]> Steps =
        (from commits in Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Choose(2, 20)))
         from next in Gen.Frequency((1, Gen.Constant((int?)null)), (2, Gen.Choose(0, 30_000).Select(ticks => (int?)ticks)))
         from wait in Gen.Frequency((4, Gen.Choose(0, 100)), (2, Gen.Choose(0, 1500)), (1, Gen.Choose(0, 20_000)))
         select (commits, next, wait)).ArrayOf().Resize(300).ToArbitrary();

    [Fact]
    public void TryShow_AnyCommitsOutlooksStepsAndPolling_ShowsCommittedOnlyAndNeverCloserThanHalfAPeriod() =>
        Prop.ForAll(Steps, Gen.Choose(1, 2000).ToArbitrary(), Gen.Choose(0, 6000).ToArbitrary(), (steps, periodTicks, stepTicks) =>
        {
            var speed = new SpeedController(TimeSpan.FromTicks(periodTicks));
            var (now, shown, committed, last) = (0L, 0, 0, ((long At, long Period)?)null);
            foreach (var (commits, next, wait) in steps)
            {
                for (var i = 0; i < commits; i++) speed.Commit();
                committed += commits;
                now += wait;
                var supply = new Supply(1, TimeSpan.FromTicks(now + (next ?? 0)));
                speed.Expect(next is null ? null : new Outlook(supply, supply with { Ahead = 9 }, committed % 2 == 0 ? 0.9 : 1, committed % 3 == 0 ? 3 : 1.2), TimeSpan.FromTicks(now));
                if (committed % 5 == 4) speed.Blend(TimeSpan.FromTicks(stepTicks));
                var due = speed.NextDue;
                var showed = speed.TryShow(TimeSpan.FromTicks(now));
                Assert.Equal(due is { } at && at.Ticks <= now, showed);
                Assert.True(speed.ExhaustedAt(TimeSpan.FromTicks(now)).Ticks >= now);
                if (showed)
                {
                    Assert.True(++shown <= committed);
                    if (last is { } previous) Assert.True(2 * (now - previous.At) >= previous.Period - 1, $"{now - previous.At} of {previous.Period}");
                    last = (now, speed.Period.Ticks);
                }

                Assert.Equal((committed, shown, committed - shown), (speed.Committed, speed.Shown, speed.Waiting));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryShow_ABendOfAFifthSuffices_GapsAreEvenAndNothingRunsDry() =>
        Prop.ForAll(Gen.Choose(1, 60).ToArbitrary(), Gen.Choose(0, 200).ToArbitrary(), (waiting, permille) =>
        {
            // The token after those that wait comes when they would be shown at this gap.
            var gap = Period * (1 + (permille / 1000.0));
            var speed = Started(waiting + 1);
            var next = gap * (waiting + 1);
            var shown = Run(speed, waiting, new Supply(1, next), SpeedController.MostBend);
            Assert.All(Gaps([.. shown, next]), found => Near(gap, found));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryShow_MoreThanAFifthIsNeeded_BendsAFifthAndNoMoreUnlessNothingElseCanCome() =>
        Prop.ForAll(Gen.Choose(2, 40).ToArbitrary(), Gen.Choose(121, 900).ToArbitrary(), (waiting, percent) =>
        {
            var far = new Supply(1, Period * (percent / 100.0) * (waiting + 1));
            Assert.All(Gaps(Run(Started(waiting + 1), waiting, far, SpeedController.MostBend)), gap => Near(Period * 1.2, gap));

            var gaps = Gaps(Run(Started(waiting + 1), waiting, far, SpeedController.MostStretch)).ToArray();
            Near(Period * Math.Min(percent / 100.0, 1.2), gaps[0]); // it begins gently
            foreach (var (before, after) in gaps.Zip(gaps.Skip(1))) Assert.True(after <= before * SpeedController.MostBend + TimeSpan.FromTicks(9), $"{before}, then {after}");
            Assert.All(gaps, gap => Assert.InRange(gap, Period, Period * SpeedController.MostStretch + TimeSpan.FromTicks(9)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryShow_OutlookBrightens_PaceIsEvenAgainAtOnce()
    {
        var speed = Started(4);
        speed.Expect(Look(new Supply(1, Period * 4.6), SpeedController.MostBend), TimeSpan.Zero);
        Near(Period * 1.15, speed.NextDue!.Value);
        for (var i = 0; i < 20; i++) speed.Commit();
        speed.Expect(Look(new Supply(1, Period * 4.6), SpeedController.MostBend), Period * 1.1);
        Assert.Equal(Period * 1.1, speed.NextDue); // not a tenth ago, which would make the next gap shorter
        Assert.True(speed.TryShow(Period * 1.1));
        Assert.Equal(Period * 2.1, speed.NextDue);
    }

    [Fact]
    public void Blend_DeviceSlowerOrFaster_PeriodBecomesItByAFifthAStepAtMost() =>
        Prop.ForAll(Gen.Choose(10, 400).ToArbitrary(), percent =>
        {
            var (speed, step) = (new SpeedController(Period), Period * (percent / 100.0));
            for (var i = 0; i < 40; i++)
            {
                var before = speed.Period;
                speed.Blend(step);
                Assert.InRange(speed.Period / before, 1 / 1.2 - 1e-5, 1.2 + 1e-5);
            }

            Assert.Equal(step, speed.Period);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryShow_SteadySourcePolledWhenDue_GapsAreExactlyThePeriod()
    {
        var speed = new SpeedController(Period);
        var shown = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            speed.Commit();
            var now = shown.Count == 0 ? TimeSpan.FromMilliseconds(10) : speed.NextDue!.Value;
            if (shown.Count > 0) Assert.False(speed.TryShow(now - TimeSpan.FromTicks(1)));
            Assert.True(speed.TryShow(now));
            Assert.False(speed.TryShow(now));
            Assert.Null(speed.NextDue);
            shown.Add(now);
        }

        Assert.All(shown.Zip(shown.Skip(1)), pair => Assert.Equal(Period, pair.Second - pair.First));
    }

    [Fact]
    public void TryShow_EveryPollALittleLate_LatenessDoesNotAddUp()
    {
        var speed = new SpeedController(Period);
        for (var i = 0; i < 101; i++) speed.Commit();
        Assert.True(speed.TryShow(TimeSpan.Zero));
        for (var i = 1; i <= 100; i++)
        {
            Assert.Equal(i * Period, speed.NextDue);
            Assert.True(speed.TryShow(i * Period + TimeSpan.FromMilliseconds(i * 7 % 20)));
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(500)]
    public void TryShow_BurstAfterStarvation_FirstAtOnceRestEvenlyFromThere(int lateMilliseconds)
    {
        var speed = new SpeedController(Period);
        speed.Commit();
        Assert.True(speed.TryShow(TimeSpan.Zero));
        var back = Period + TimeSpan.FromMilliseconds(lateMilliseconds);
        Assert.Equal(back, speed.ExhaustedAt(back));
        for (var i = 0; i < 10; i++) speed.Commit();
        Assert.Equal(Period, speed.NextDue);
        Assert.True(speed.TryShow(back));
        for (var i = 1; i < 10; i++)
        {
            Assert.Equal(back + i * Period, speed.NextDue);
            Assert.True(speed.TryShow(back + i * Period));
        }

        Assert.Equal(back + 10 * Period, speed.ExhaustedAt(back));
    }

    [Fact]
    public void ExhaustedAt_NothingMoreCommitted_IsWhenTheNextWouldBeDueOnceAllAreShown() =>
        Prop.ForAll(Gen.Choose(1, 30).ToArbitrary(), Gen.Choose(0, 200).ToArbitrary(), Gen.Choose(0, 200).ToArbitrary(), (commits, first, pause) =>
        {
            var speed = new SpeedController(Period);
            for (var i = 0; i < commits; i++) speed.Commit();
            var now = TimeSpan.FromMilliseconds(first);
            Assert.True(speed.TryShow(now));
            now += TimeSpan.FromMilliseconds(pause);
            var forecast = speed.ExhaustedAt(now);
            while (speed.NextDue is { } due)
            {
                now = due > now ? due : now;
                Assert.True(speed.TryShow(now));
            }

            speed.Commit();
            Assert.Equal(forecast, speed.NextDue > now ? speed.NextDue : now);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryShow_PeriodZero_ShowsAsTheyCome()
    {
        var speed = new SpeedController(TimeSpan.Zero);
        var now = TimeSpan.FromSeconds(3);
        Assert.False(speed.TryShow(now));
        for (var i = 0; i < 5; i++) speed.Commit();
        for (var i = 0; i < 5; i++) Assert.True(speed.TryShow(now));
        Assert.False(speed.TryShow(now));
        Assert.Equal(now, speed.ExhaustedAt(now));
    }

    [Fact]
    public void Constructor_NegativePeriod_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpeedController(TimeSpan.FromTicks(-1)));

    /// <summary>So many committed, and the first of them shown at zero.</summary>
    private static SpeedController Started(int committed)
    {
        var speed = new SpeedController(Period);
        for (var i = 0; i < committed; i++) speed.Commit();
        Assert.True(speed.TryShow(TimeSpan.Zero));
        return speed;
    }

    /// <summary>Shows what waits, each when due, and says when.</summary>
    private static List<TimeSpan> Run(SpeedController speed, int waiting, Supply next, double most)
    {
        var shown = new List<TimeSpan> { TimeSpan.Zero };
        for (var i = 0; i < waiting; i++)
        {
            speed.Expect(Look(next, most), shown[^1]);
            shown.Add(speed.NextDue!.Value);
            Assert.True(speed.TryShow(shown[^1]));
        }

        speed.Expect(Look(next, most), shown[^1]);
        return shown;
    }

    private static Outlook Look(Supply next, double most) => new(next, next, 1, most);

    private static IEnumerable<TimeSpan> Gaps(List<TimeSpan> shown) => shown.Zip(shown.Skip(1), (a, b) => b - a);

    private static void Near(TimeSpan expected, TimeSpan actual) => Assert.InRange(actual.Ticks, expected.Ticks - 90, expected.Ticks + 90);
}
