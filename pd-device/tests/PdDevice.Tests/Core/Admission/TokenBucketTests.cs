using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Core.Admission;

public sealed class TokenBucketTests
{
    // Everybody who may take does, at any times, any amount: over any stretch no more than a full bucket, the rate and the
    // one who went into debt.
    [Fact]
    public void Take_AnyTimesAndAmounts_HoldsTheRateOverEveryStretch() =>
        Prop.ForAll(Gen.Choose(1, 5000).ToArbitrary(), Visits.ToArbitrary(), (perMinute, visits) =>
        {
            var bucket = new TokenBucket(perMinute, TimeSpan.Zero);
            var taken = new List<(double At, int Tokens)>();
            var now = TimeSpan.Zero;
            foreach (var (pause, tokens) in visits)
            {
                now += TimeSpan.FromMilliseconds(pause);
                if (bucket.Wait(now) > TimeSpan.Zero) continue;
                bucket.Take(tokens, now);
                taken.Add((now.TotalSeconds, tokens));
            }

            for (var from = 0; from < taken.Count; from++)
            {
                var before = 0L; // without the last, who may go into debt
                for (var to = from; to < taken.Count; to++)
                {
                    Assert.True(before <= perMinute + (perMinute * (taken[to].At - taken[from].At) / 60) + 1e-3);
                    before += taken[to].Tokens;
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Wait_InDebt_IsExactlyUntilTokensMayBeTaken() =>
        Prop.ForAll(Gen.Choose(1, 5000).ToArbitrary(), Gen.Choose(0, 20_000).ToArbitrary(), (perMinute, tokens) =>
        {
            var bucket = new TokenBucket(perMinute, TimeSpan.Zero);
            bucket.Take(tokens, TimeSpan.Zero);
            var wait = bucket.Wait(TimeSpan.Zero);
            Assert.Equal(Math.Max(0, tokens - perMinute + 1) * 60.0 / perMinute, wait.TotalSeconds, 1e-6);
            if (wait > TimeSpan.FromMilliseconds(1)) Assert.NotEqual(TimeSpan.Zero, bucket.Wait(wait - TimeSpan.FromMilliseconds(1)));
            Assert.Equal(TimeSpan.Zero, bucket.Wait(wait));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void GiveBack_WhatWasTaken_LeavesNoTraceAndNoMoreThanAMinute()
    {
        var bucket = new TokenBucket(60, TimeSpan.Zero);
        bucket.Take(500, TimeSpan.Zero);
        bucket.GiveBack(500, TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, bucket.Wait(TimeSpan.FromSeconds(1)));
        bucket.GiveBack(1000, TimeSpan.FromSeconds(1));
        bucket.Take(61, TimeSpan.FromSeconds(1)); // one more than it may hold, however much came back
        Assert.Equal(2, bucket.Wait(TimeSpan.FromSeconds(1)).TotalSeconds, 1e-6);
    }

    private static readonly Gen<List<(int Pause, int Tokens)>> Visits =
        Gen.Choose(0, 10_000).SelectMany(_ => Gen.Choose(1, 3000), (pause, tokens) => (pause, tokens)).ListOf().Select(list => list.ToList());
}
