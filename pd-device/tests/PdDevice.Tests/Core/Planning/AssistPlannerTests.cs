using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.Planning;

/// <summary>The plan against what would happen, computed token by token.</summary>
public sealed class AssistPlannerTests
{
    private static readonly Arbitrary<PlanInput> Inputs = PlanInputs.Raw.ToArbitrary();

    [Fact]
    public void Plan_LeaseBelowTheLimit_DisplayNeverStarvesAndTheLeaseIsNotWasteful() =>
        Prop.ForAll(Inputs, input =>
        {
            var plan = AssistPlanner.Plan(input);
            if (!plan.UseCloud) return;
            var limit = Math.Min(input.MaxTokens, input.MaxLease);
            Assert.InRange(plan.Lease, 1, limit);
            Assert.Equal(input.Device.DecodeStep, plan.Period);
            var needed = Needed(input, TimeSpan.Zero, limit);
            if (plan.Lease == limit) return;
            Assert.True(plan.Lease >= needed, $"lease {plan.Lease}, needed {needed}");

            // The docstring's margin: a slower prefill, the chunk in flight, and one decode step.
            var margin = DeviceAlone(input) * AssistPlanner.PrefillMargin + input.Device.Prefill(input.Device.DeviceChunk) + input.Device.DecodeStep;
            Assert.InRange(plan.Lease, needed, Needed(input, margin, int.MaxValue) + 1);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_PrefillSlowerByTheMargin_StillDoesNotStarve() =>
        Prop.ForAll(Inputs, input =>
        {
            var plan = AssistPlanner.Plan(input with { DeviceLead = TimeSpan.Zero });
            if (!plan.UseCloud || plan.Lease == Math.Min(input.MaxTokens, input.MaxLease)) return;
            var alone = input.Device.Prefill(input.PromptTokens) * (1 + AssistPlanner.PrefillMargin);
            Assert.True(alone + input.Device.Prefill(plan.Lease) <= plan.CloudFirstToken + plan.Lease * plan.Period);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_AnyInput_StatesTheInstantsItWasPlannedFor() =>
        Prop.ForAll(Inputs, input =>
        {
            var plan = AssistPlanner.Plan(input);
            var saves = DeviceAlone(input) - CloudFirst(input);
            Assert.Equal(saves >= AssistPlanner.LeastSaving, plan.UseCloud);
            Assert.Equal(DeviceAlone(input), plan.DeviceFirstToken);
            Assert.Equal(plan.UseCloud ? CloudFirst(input) : TimeSpan.Zero, plan.CloudFirstToken);
            Assert.Equal(DeviceAlone(input) + input.Device.Prefill(plan.Lease), plan.ReadyIn);
            Assert.NotEmpty(plan.Reason);
            if (!plan.UseCloud) Assert.Equal((0, TimeSpan.Zero), (plan.Lease, plan.Period));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(130, 7, 1000, 2000, 50)]
    [InlineData(260, 12, 2000, 4000, 100)]
    [InlineData(2000, 50, 8000, 20_000, 20)]
    public void Plan_KnownCase_IsTheClosedFormPlusTheMargin(double p, double d, int prompt, double cloud, int roundTripMs)
    {
        var device = new EngineRates(p, d);
        var plan = AssistPlanner.Plan(new PlanInput(prompt, 4000, device, new EngineRates(cloud, 100), TimeSpan.FromMilliseconds(roundTripMs), 4000, TimeSpan.Zero));
        var saved = prompt / p - roundTripMs / 1000.0 - prompt / cloud;
        var closed = d * saved / (1 - d / p);
        var margin = d * (AssistPlanner.PrefillMargin * prompt / p + device.DeviceChunk / p + 1 / d) / (1 - d / p);
        Assert.InRange(plan.Lease, closed + margin, closed + margin + 1);
    }

    [Theory]
    [InlineData(30, true)] // 300 ms alone, 50 ms with the cloud
    [InlineData(29, false)]
    [InlineData(1, false)]
    public void Plan_SavingAtTheLeast_DecidesWhetherTheCloudIsAsked(int prompt, bool cloud)
    {
        var plan = AssistPlanner.Plan(new PlanInput(
            prompt, 100, new EngineRates(100, 5), new EngineRates(1e9, 100), TimeSpan.FromMilliseconds(49.9), 100, TimeSpan.Zero));
        Assert.Equal(cloud, plan.UseCloud);
    }

    [Fact]
    public void Plan_DeviceThatNeverCatchesUp_AsksForTheWholeLimit()
    {
        var input = new PlanInput(1000, 500, new EngineRates(10, 20), new EngineRates(5000, 100), TimeSpan.Zero, 300, TimeSpan.Zero);
        Assert.Equal(300, AssistPlanner.Plan(input).Lease);
        Assert.Equal(200, AssistPlanner.Plan(input with { MaxTokens = 200 }).Lease);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(-1, 100)]
    [InlineData(1e-300, 100)]
    [InlineData(double.NaN, 100)]
    [InlineData(5000, 0)]
    [InlineData(5000, -7)]
    [InlineData(double.PositiveInfinity, int.MinValue)]
    public void Plan_CloudStatesTheImpossible_DoesNotUseIt(double cloudPrefill, int maxLease)
    {
        var plan = AssistPlanner.Plan(new PlanInput(
            1000, 500, new EngineRates(130, 7), new EngineRates(cloudPrefill, 100), TimeSpan.Zero, maxLease, TimeSpan.Zero));
        Assert.False(plan.UseCloud);
        Assert.Equal(0, plan.Lease);
    }

    private static TimeSpan DeviceAlone(PlanInput input)
    {
        var left = input.Device.Prefill(input.PromptTokens) - input.DeviceLead;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeSpan CloudFirst(PlanInput input) => input.RoundTrip + input.Cloud.Prefill(input.PromptTokens);

    /// <summary>
    /// The smallest lease at whose end the device is ready, tried one by one. Token i is shown i periods after the first;
    /// the device ingests the lease's tokens one after the other.
    /// </summary>
    private static int Needed(PlanInput input, TimeSpan late, int limit)
    {
        for (var lease = 1; lease < limit; lease++)
            if (DeviceAlone(input) + late + input.Device.Prefill(lease) <= CloudFirst(input) + lease * input.Device.DecodeStep)
                return lease;
        return limit;
    }
}
