using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.Planning;

/// <summary>Whether bytes may leave, over the space of all that is known before.</summary>
public sealed class CloudChoiceTests
{
    private static readonly Arbitrary<CloudChoiceInput> Inputs =
        (from mode in Gen.Elements(Enum.GetValues<CloudMode>())
         from configured in Gen.Elements(true, true, false)
         from alone in Gen.Choose(0, 5000)
         from target in Gen.Elements(0, 500, 1000, 4000)
         from power in Gen.Elements(Enum.GetValues<PowerHint>())
         from heldOff in Gen.Elements(0, 0, 3000, -5)
         from open in Gen.Elements(false, false, true)
         select new CloudChoiceInput(mode, configured, Ms(alone), Ms(target), power, Ms(heldOff), open)).ToArbitrary();

    [Fact]
    public void Decide_AnyInput_AsksOnlyAndAlwaysWhereItIsAllowedUsableAndNeeded() =>
        Prop.ForAll(Inputs, input =>
        {
            var choice = CloudChoice.Decide(input);
            var allowed = input.Mode != CloudMode.Off && input.Configured;
            var usable = input.HeldOff <= TimeSpan.Zero && !input.BreakerOpen;
            var needed = input.Mode == CloudMode.Required || input.Power == PowerHint.Low || input.DeviceFirstToken > input.TargetTtft;
            Assert.Equal(allowed && usable && needed, choice.Ask);
            Assert.NotEmpty(choice.Reason);
            if (choice.Ask) Assert.False(choice.Unusable);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Decide_Off_NothingElseCounts() =>
        Prop.ForAll(Inputs, input => Assert.Equal(
            new CloudChoice(false, false, "local only: the cloud is off"), CloudChoice.Decide(input with { Mode = CloudMode.Off }))).QuickCheckThrowOnFailure();

    [Fact]
    public void Decide_RequiredAndNotAsked_SaysThatItIsUnusable() =>
        Prop.ForAll(Inputs, input =>
        {
            var choice = CloudChoice.Decide(input with { Mode = CloudMode.Required });
            Assert.NotEqual(choice.Ask, choice.Unusable);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 2000)]
    [InlineData(100, 2000)]
    [InlineData(500, 2000)]
    [InlineData(501, 2004)]
    [InlineData(3000, 12000)]
    public void FirstToken_Expected_FourTimesAsLongAndNeverBelowTheFloor(int expectedMs, int mostMs) =>
        Assert.Equal(Ms(mostMs), new CloudPatience { FirstTokenFloor = Ms(2000) }.FirstToken(Ms(expectedMs)));

    [Fact]
    public void Plan_LeastSaving_DecidesFromWhichWaitOnTheCloudIsAsked()
    {
        // 40 positions at 200/s: 200 ms alone; the cloud: 30 ms and 10 ms.
        var input = new PlanInput(40, 100, new EngineRates(200, 20), new EngineRates(4000, 100), Ms(30), 256, TimeSpan.Zero);
        Assert.False(AssistPlanner.Plan(input).UseCloud);
        Assert.True(AssistPlanner.Plan(input with { LeastSaving = Ms(160) }).UseCloud);
        Assert.False(AssistPlanner.Plan(input with { LeastSaving = Ms(161) }).UseCloud);
        var slow = AssistPlanner.Plan(input with { RoundTrip = Ms(1000), LeastSaving = TimeSpan.MinValue });
        Assert.True(slow.UseCloud);
        Assert.InRange(slow.Lease, 1, 256);
        Assert.Contains("although", slow.Reason);
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
