using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Pacing;

namespace PdDevice.Tests.Core.Pacing;

public sealed class SpeedControllerTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(40);

    /// <summary>A step: commit so many tokens, then poll once after so long.</summary>
    private static readonly Arbitrary<(int Commits, int WaitTicks)[]> Steps =
        (from commits in Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Choose(2, 20)))
         from wait in Gen.Frequency((4, Gen.Choose(0, 100)), (2, Gen.Choose(0, 1500)), (1, Gen.Choose(0, 20_000)))
         select (commits, wait)).ArrayOf().Resize(300).ToArbitrary();

    [Fact]
    public void TryShow_AnyCommitsAndPolling_ShowsCommittedOnlyAndNeverCloserThanHalfAPeriod() =>
        Prop.ForAll(Steps, Gen.Choose(1, 2000).ToArbitrary(), (steps, periodTicks) =>
        {
            var speed = new SpeedController(TimeSpan.FromTicks(periodTicks));
            var (now, shown, committed, last) = (0L, 0, 0, (long?)null);
            foreach (var (commits, wait) in steps)
            {
                for (var i = 0; i < commits; i++) speed.Commit();
                committed += commits;
                now += wait;
                var due = speed.NextDue;
                var exhausted = speed.ExhaustedAt(TimeSpan.FromTicks(now));
                var showed = speed.TryShow(TimeSpan.FromTicks(now));
                Assert.Equal(due is { } at && at.Ticks <= now, showed);
                Assert.True(exhausted.Ticks >= now);
                if (showed)
                {
                    Assert.True(++shown <= committed);
                    if (last is { } previous) Assert.True(2 * (now - previous) >= periodTicks, $"{now - previous} of {periodTicks}");
                    last = now;
                    Assert.Equal(exhausted, speed.ExhaustedAt(TimeSpan.FromTicks(now)));
                }

                Assert.Equal((committed, shown, committed - shown), (speed.Committed, speed.Shown, speed.Waiting));
            }
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
}
