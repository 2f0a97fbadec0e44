using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Core.Admission;

public sealed class AdmissionControlTests
{
    private const int Places = 6;
    private static readonly QueueOutlook Idle = new([], 2, new QueueSpeed(0.01, 0.1));

    // One step of a day at the door: who asks, for how many, after which pause; or an end of one that is in.
    private static readonly Gen<(int Owner, int Generations, int PauseMs, bool End)> Steps = Gen.Choose(0, 3)
        .SelectMany(_ => Gen.Choose(1, 3), (owner, generations) => (owner, generations))
        .SelectMany(_ => Gen.Choose(0, 3000), (known, pause) => (known.owner, known.generations, pause))
        .SelectMany(_ => Gen.Choose(0, 1), (known, end) => (known.owner, known.generations, known.pause, end == 1));

    [Fact]
    public void Admit_AnyDayAtTheDoor_AdmitsExactlyWhatFitsAndRefusesByName() =>
        Prop.ForAll(Steps.ListOf().ToArbitrary(), steps =>
        {
            var control = new AdmissionControl(Places);
            var inside = new List<string>();
            var buckets = new Dictionary<string, TokenBucket>();
            var now = TimeSpan.Zero;
            foreach (var (number, generations, pause, end) in steps)
            {
                now += TimeSpan.FromMilliseconds(pause);
                var owner = $"{number}";
                if (end && inside.Count > 0)
                {
                    control.End(inside[0], 30, now);
                    buckets.GetValueOrDefault(inside[0])?.GiveBack(30, now);
                    inside.RemoveAt(0);
                    continue;
                }

                // Owner 0 has no limits, 1 may have two at once, 2 may use 100 tokens a minute, 3 both.
                var limits = new QuotaLimits(number is 1 or 3 ? 2 : 0, number is 2 or 3 ? 100 : 0);
                if (limits.TokensPerMinute > 0) buckets.TryAdd(owner, new TokenBucket(100, now));
                var wait = buckets.GetValueOrDefault(owner)?.Wait(now) ?? TimeSpan.Zero;
                var expected =
                    limits.Concurrency > 0 && generations > limits.Concurrency ? "too_many_choices"
                    : limits.Concurrency > 0 && inside.Count(i => i == owner) + generations > limits.Concurrency ? "too_many_at_once"
                    : wait > TimeSpan.Zero ? "rate_limited"
                    : inside.Count + generations > Places ? "busy"
                    : null;
                var refusal = control.Admit(new AdmissionAsk(owner, generations, 60 * generations, 10, null), limits, () => Idle, now);
                Assert.Equal(expected, refusal?.Error.Code);
                if (expected is "rate_limited") Assert.Equal(RetryAfter.For(wait), refusal!.RetryAfter);
                else if (expected is "busy" or "too_many_at_once") Assert.NotNull(refusal!.RetryAfter);
                if (refusal is null)
                {
                    inside.AddRange(Enumerable.Repeat(owner, generations));
                    buckets.GetValueOrDefault(owner)?.Take(60 * generations, now);
                }

                Assert.Equal(inside.Count, control.Taken);
                Assert.InRange(control.Taken, 0, Places);
            }
        }).QuickCheckThrowOnFailure();

    // Two slots: two run for 4 and 9 s still, two wait for 1 s of prefill and 5 s of tokens each.
    private static QueueOutlook Busy { get; } = new(
        [new("a", 0, 40, true), new("b", 0, 90, true), new("a", 100, 50, false), new("b", 100, 50, false)], 2, new QueueSpeed(0.01, 0.1));

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 9)]
    [InlineData(3, 10)] // the third starts at 4 s
    [InlineData(4, 15)]
    public void Admit_NoPlace_RetryAfterIsWhenSoManyPlacesAreFree(int generations, int seconds)
    {
        var control = new AdmissionControl(places: 4);
        Assert.Null(control.Admit(new AdmissionAsk("a", 4, 1, 1, null), default, () => Busy, TimeSpan.Zero));
        var refusal = control.Admit(new AdmissionAsk("c", generations, 1, 1, null), default, () => Busy, TimeSpan.Zero);
        Assert.Equal(("busy", seconds), (refusal?.Error.Code, (int)refusal!.RetryAfter!.Value.TotalSeconds));
    }

    [Fact]
    public void Admit_TooManyOfOneKey_RetryAfterIsWhenOneOfItsOwnEnds()
    {
        var control = new AdmissionControl(Places);
        var limits = new QuotaLimits(2, 0);
        Assert.Null(control.Admit(new AdmissionAsk("b", 2, 1, 1, null), limits, () => Busy, TimeSpan.Zero));
        var refusal = control.Admit(new AdmissionAsk("b", 1, 1, 1, null), limits, () => Busy, TimeSpan.Zero);
        Assert.Equal(("too_many_at_once", 9), (refusal?.Error.Code, (int)refusal!.RetryAfter!.Value.TotalSeconds));
        control.End("b", 0, TimeSpan.Zero);
        Assert.Null(control.Admit(new AdmissionAsk("b", 1, 1, 1, null), limits, () => Busy, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(5.9, "too_late")] // the first slot is free at 4 s; the waiting two prefill first and take it until 10 s
    [InlineData(10.9, "too_late")]
    [InlineData(11.1, null)]
    public void Admit_DeviceReadyBeforeTheFirstToken_IsTooLate(double readyIn, string? expected)
    {
        var refusal = new AdmissionControl(Places).Admit(new AdmissionAsk("c", 1, 1, 100, TimeSpan.FromSeconds(readyIn)), default, () => Busy, TimeSpan.Zero);
        Assert.Equal(expected, refusal?.Error.Code);
        if (expected is not null) Assert.Contains("go on alone", refusal!.Error.Message);
        Assert.Null(refusal?.RetryAfter);
    }

    [Fact]
    public void Admit_TooLate_HoldsNothing()
    {
        var control = new AdmissionControl(Places);
        var limits = new QuotaLimits(1, 10);
        Assert.NotNull(control.Admit(new AdmissionAsk("c", 1, 1000, 100, TimeSpan.FromSeconds(1)), limits, () => Busy, TimeSpan.Zero));
        Assert.Equal(0, control.Taken);
        Assert.Null(control.Admit(new AdmissionAsk("c", 1, 1000, 100, null), limits, () => Busy, TimeSpan.Zero));
    }

    [Fact]
    public void Admit_MoreThanThereCanEverBe_IsNotToldToComeAgain()
    {
        var refusal = new AdmissionControl(Places).Admit(new AdmissionAsk("c", Places + 1, 1, 1, null), default, () => Busy, TimeSpan.Zero);
        Assert.Equal("too_many_choices", refusal?.Error.Code);
        Assert.Null(refusal!.RetryAfter);
    }

    [Fact]
    public void Admit_Draining_RefusesWhateverItIs()
    {
        var control = new AdmissionControl(Places) { Draining = true };
        Assert.Equal("draining", control.Admit(new AdmissionAsk("c", Places + 1, 1, 1, null), default, () => Busy, TimeSpan.Zero)?.Error.Code);
    }

    [Fact]
    public void Admit_LimitsOfAKeyChange_TheNewOnesCountFromThenOn()
    {
        var control = new AdmissionControl(Places);
        var ask = new AdmissionAsk("c", 1, 500, 1, null);
        Assert.Null(control.Admit(ask, new QuotaLimits(0, 100), () => Idle, TimeSpan.Zero));
        Assert.Equal("rate_limited", control.Admit(ask, new QuotaLimits(0, 100), () => Idle, TimeSpan.Zero)?.Error.Code);
        Assert.Null(control.Admit(ask, new QuotaLimits(0, 200), () => Idle, TimeSpan.Zero));
        Assert.Equal("too_many_at_once", control.Admit(ask, new QuotaLimits(2, 0), () => Idle, TimeSpan.Zero)?.Error.Code);
        Assert.Null(control.Admit(ask, default, () => Idle, TimeSpan.Zero));
    }
}
