using PdDevice.Core.Wire;
using PdDevice.Device.Assists;

namespace PdDevice.Tests.Device.Assists;

/// <summary>The breaker towards a sick cloud, in virtual time.</summary>
public sealed class CloudHealthTests
{
    private static readonly BreakerLimits Limits = new();

    [Fact]
    public void TryBegin_AsManyFailuresAsItTakes_OpensThenOneProbeDecides() => VirtualTime.Run(async time =>
    {
        var health = new CloudHealth(time, Limits);
        for (var i = 0; i < Limits.Asks; i++) Ask(health).End(AskOutcome.Sick);
        Assert.Null(health.TryBegin());

        await Task.Delay(Limits.Break, time);
        var probe = Ask(health);
        Assert.Null(health.TryBegin()); // one at a time
        probe.End(AskOutcome.Sick);
        Assert.Null(health.TryBegin());

        await Task.Delay(Limits.Break, time);
        Ask(health).End(AskOutcome.Well);
        var (one, two) = (Ask(health), Ask(health));
        one.End(AskOutcome.Well);
        two.End(AskOutcome.Well);
    });

    [Fact]
    public void TryBegin_ProbeShowedNothing_StaysAloneAnotherWhile() => VirtualTime.Run(async time =>
    {
        var health = new CloudHealth(time, Limits);
        for (var i = 0; i < Limits.Asks; i++) Ask(health).End(AskOutcome.Sick);
        await Task.Delay(Limits.Break, time);
        Ask(health).End(AskOutcome.Unknown);
        Assert.Null(health.TryBegin());
        await Task.Delay(Limits.Break, time);
        Ask(health).End(AskOutcome.Well);
        Ask(health);
    });

    [Fact]
    public void TryBegin_FailuresRarerThanTheWindow_NeverOpens() => VirtualTime.Run(async time =>
    {
        var health = new CloudHealth(time, Limits);
        for (var i = 0; i < 20; i++)
        {
            Ask(health).End(AskOutcome.Sick);
            await Task.Delay(Limits.Window, time);
        }
    });

    [Fact]
    public void TryBegin_AsksThatShowNothing_CountNeitherWay() => VirtualTime.Run(time =>
    {
        var health = new CloudHealth(time, Limits);
        for (var i = 0; i < 50; i++) Ask(health).End(AskOutcome.Unknown);
        for (var i = 0; i < Limits.Asks; i++) Ask(health).End(AskOutcome.Sick);
        Assert.Null(health.TryBegin());
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData("rate_limited", 429, 7, true, false)]
    [InlineData("busy", 503, 7, true, false)]
    [InlineData("too_late", 503, 7, false, false)] // about one prompt
    [InlineData("weights_mismatch", 409, null, false, false)]
    [InlineData("http_500", 500, null, false, true)]
    [InlineData("http_503", 503, null, false, true)]
    public void Fail_Refusal_HoldsOffOrCountsOrNeither(string code, int status, int? later, bool heldOff, bool opens) => VirtualTime.Run(async time =>
    {
        var health = new CloudHealth(time, Limits);
        var cause = new CloudRefusedException(new WireError(code, "no"), status, later is { } s ? TimeSpan.FromSeconds(s) : null);
        for (var i = 0; i < Limits.Asks; i++) Ask(health).Fail(cause);
        Assert.Equal(heldOff ? TimeSpan.FromSeconds(7) : TimeSpan.Zero, health.HeldOff);
        Assert.Equal(opens, health.TryBegin() is null);
        await Task.Delay(TimeSpan.FromSeconds(7), time);
        Assert.Equal(TimeSpan.Zero, health.HeldOff);
    });

    [Fact]
    public void Fail_RetryAfterForEver_IsBelievedForAWhile() => VirtualTime.Run(time =>
    {
        var health = new CloudHealth(time, Limits);
        Ask(health).Fail(new CloudRefusedException(new WireError("busy", "no"), 503, TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.FromMinutes(10), health.HeldOff);
        return Task.CompletedTask;
    });

    private static CloudAsk Ask(CloudHealth health)
    {
        var ask = health.TryBegin();
        Assert.NotNull(ask);
        return ask;
    }
}
