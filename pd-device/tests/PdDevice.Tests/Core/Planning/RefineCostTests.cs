using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.Planning;

/// <summary>A refined prompt costs the cloud time before the first token: the plan charges it.</summary>
public sealed class RefineCostTests
{
    [Fact]
    public void Plan_RefiningCosts_FirstTokenIsLaterByItAndItIsAskedForOnlyWhereTheDeviceGainsMore() =>
        Prop.ForAll(PlanInputs.Refined.ToArbitrary(), input =>
        {
            var (plan, raw) = (AssistPlanner.Plan(input), AssistPlanner.Plan(input with { Refinement = null }));
            Assert.Equal(raw.UseCloud, plan.UseCloud);
            Assert.Equal(raw.DeviceFirstToken, plan.DeviceFirstToken);
            var cost = input.PromptTokens * input.RefineSecondsPerToken;
            var left = (plan.DeviceFirstToken - raw.CloudFirstToken).TotalSeconds - cost;
            var gain = input.Refinement is { } wish && left > 0 ? (1 - wish.KeepRatio) * left : 0;
            if (plan.KeepRatio is null)
            {
                Assert.Equal(raw, plan);
                Assert.True(!plan.UseCloud || gain <= cost + 1e-6 || gain < input.Refinement!.LeastSaving.TotalSeconds + 1e-6);
                return;
            }

            Assert.InRange(gain, Math.Max(cost, input.Refinement!.LeastSaving.TotalSeconds) - 1e-6, double.MaxValue);
            Assert.Equal(cost, plan.RefineTime.TotalSeconds, 1e-6);
            Assert.Equal(raw.CloudFirstToken + plan.RefineTime, plan.CloudFirstToken);
            Assert.InRange(plan.Lease, 1, raw.Lease);

            // Token by token: it arrives with the first token and leaves r of what is left then.
            if (plan.Lease == Math.Min(input.MaxTokens, input.MaxLease)) return;
            var ready = plan.DeviceFirstToken.TotalSeconds - gain + (plan.Lease / input.Device.PrefillTokensPerSecond);
            Assert.InRange(ready, 0, plan.CloudFirstToken.TotalSeconds + (plan.Lease * plan.Period.TotalSeconds));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.0009, true)] // 1,000 tokens: left 10 s - 0.2 s - 0.9 s, of which nine tenths is 8.0 s
    [InlineData(0.0046, true)] // 5.2 s of it is left, 4.7 s gained for 4.6 s
    [InlineData(0.0047, false)] // 4.59 s gained for 4.7 s
    public void Plan_GainAtTheCost_DecidesWhetherItIsAskedFor(double secondsPerToken, bool asked) =>
        Assert.Equal(asked, AssistPlanner.Plan(Known with { RefineSecondsPerToken = secondsPerToken }).KeepRatio is not null);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1e-9)]
    [InlineData(-1)]
    [InlineData(1.0001)]
    [InlineData(1e300)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Plan_Invariant10_CloudStatesAnImpossibleCost_IsThePlanWithoutRefinement(double secondsPerToken)
    {
        Assert.NotNull(AssistPlanner.Plan(Known).KeepRatio);
        Assert.Equal(AssistPlanner.Plan(Known with { Refinement = null }), AssistPlanner.Plan(Known with { RefineSecondsPerToken = secondsPerToken }));
    }

    private static PlanInput Known => new(
        1000, 500, new EngineRates(100, 10), new EngineRates(10_000, 100), TimeSpan.FromMilliseconds(100), 300, TimeSpan.Zero,
        Refinement: new RefinementWish(0.1, TimeSpan.FromTicks(1)));
}
