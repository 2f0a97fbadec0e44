using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;

namespace PdDevice.Tests.Core.Planning;

/// <summary>Plans of a device that has learned its delays, against what would happen, computed token by token.</summary>
public sealed class LearnedPlanTests
{
    private const double Share = 0.01 / 5; // of a stall in one answer of a hundred, a term's

    [Fact]
    public void Plan_TooFewAnswersKnown_IsThePlanWithoutAny() =>
        Prop.ForAll(PlanInputs.Refined.ToArbitrary(), PlanInputs.Learned.ToArbitrary(), Gen.Choose(0, 21).ToArbitrary(), (input, learned, answers) =>
        {
            Assert.False(learned(answers).Suffice);
            Assert.Equal(AssistPlanner.Plan(input), AssistPlanner.Plan(input with { Delays = learned(answers) }));
            Assert.Equal(input.RoundTrip, AssistPlanner.FirstToken(input.RoundTrip, TimeSpan.Zero, learned(answers)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_DeviceAsSlowAndCloudAsEarlyAsSeen_DisplayNeverStarvesAndTheLeaseIsNotWasteful() =>
        Prop.ForAll(PlanInputs.Refined.ToArbitrary(), PlanInputs.Learned.ToArbitrary(), Gen.Choose(22, 200).ToArbitrary(), (input, learned, answers) =>
        {
            var delays = learned(answers);
            var plan = AssistPlanner.Plan(input with { Delays = delays });
            if (!plan.UseCloud || plan.Lease == Math.Min(input.MaxTokens, input.MaxLease)) return;
            Assert.True(plan.Lease >= Needed(input, plan, delays, 0), $"lease {plan.Lease}, needed {Needed(input, plan, delays, 0)}");

            // What is left of the margin: the chunk in flight, at its slowest, and one decode step.
            var margin = (input.Device.Prefill(input.Device.DeviceChunk) * Slow(delays)) + input.Device.DecodeStep;
            Assert.InRange(plan.Lease, 1, Needed(input, plan, delays, margin.TotalSeconds) + 1);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_SlowerDevice_LeaseGrows() =>
        Prop.ForAll(PlanInputs.Raw.ToArbitrary(), Gen.Choose(100, 300).ToArbitrary(), Gen.Choose(110, 200).ToArbitrary(), (input, slower, more) =>
        {
            var (fast, slow) = (Of(input, slower / 100.0), Of(input, slower * more / 1e4));
            var (before, after) = (AssistPlanner.Plan(input with { Delays = fast }), AssistPlanner.Plan(input with { Delays = slow }));
            if (!before.UseCloud) return;
            Assert.True(after.UseCloud); // it saves more
            var longer = input.Device.Prefill(input.PromptTokens) * (Slow(slow) - Slow(fast));
            Assert.InRange(after.Lease, Math.Min(before.Lease + (longer > input.Device.DecodeStep ? 1 : 0), input.MaxLease), input.MaxLease);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_EarliestWaitLater_LeaseShrinksByItAndTheFirstTokenStays() =>
        Prop.ForAll(PlanInputs.Raw.ToArbitrary(), Gen.Choose(1, 99).ToArbitrary(), (input, percent) =>
        {
            // Nearly all waits are the same; what changes is the shortest.
            const double wait = 0.2;
            var (soon, later) = (Of(input, 1, 0, wait), Of(input, 1, percent / 100.0 * wait, wait));
            var (before, after) = (AssistPlanner.Plan(input with { Delays = soon }), AssistPlanner.Plan(input with { Delays = later }));
            Assert.Equal((before.UseCloud, before.CloudFirstToken), (after.UseCloud, after.CloudFirstToken));
            if (!before.UseCloud) return;
            Assert.InRange(after.Lease, 1, before.Lease);
            var gain = (1 / input.Device.DecodeTokensPerSecond) - (Slow(later) / input.Device.PrefillTokensPerSecond);
            var tokens = later.CloudWait.Quantile(Share) / gain;
            if (before.Lease < input.MaxLease && after.Lease > 1) Assert.InRange(before.Lease - after.Lease, tokens - 1, tokens + 1);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_LearnedDelays_StatesWhenTheFirstTokenIsThereInHalfOfTheAnswersAtLeast() =>
        Prop.ForAll(PlanInputs.Raw.ToArbitrary(), PlanInputs.Learned.ToArbitrary(), (input, learned) =>
        {
            var delays = learned(50);
            var prefill = input.Cloud.Prefill(input.PromptTokens);
            var expected = AssistPlanner.FirstToken(input.RoundTrip, prefill, delays);
            var seconds = delays.ShortestRoundTrip!.Value + prefill.TotalSeconds + delays.CloudWait.Quantile(0.75) + delays.LinkJitter.Quantile(0.75);
            Assert.Equal(seconds, expected.TotalSeconds, 1e-6);
            var plan = AssistPlanner.Plan(input with { Delays = delays });
            Assert.Equal(plan.UseCloud ? expected : TimeSpan.Zero, plan.CloudFirstToken);
            var alone = (input.Device.Prefill(input.PromptTokens) * delays.Slowdown.Quantile(0.5)) - input.DeviceLead;
            Assert.Equal(alone > TimeSpan.Zero ? alone : TimeSpan.Zero, plan.DeviceFirstToken);
            Assert.Equal(alone - expected >= AssistPlanner.LeastSaving, plan.UseCloud);
        }).QuickCheckThrowOnFailure();

    private static LearnedDelays Of(PlanInput input, double slowdown, double shortestWait = 0, double wait = 0)
    {
        var delays = new LearnedDelays();
        for (var i = 0; i < 30; i++)
        {
            delays.RoundTrip(input.RoundTrip.TotalSeconds);
            delays.Slowdown.Add(slowdown);
            delays.CloudWait.Add(i == 0 ? shortestWait : wait);
        }

        return delays;
    }

    private static double Slow(LearnedDelays delays) => delays.Slowdown.Quantile(1 - Share);

    /// <summary>The smallest lease at whose end a slow device is ready, late by so many seconds, after a first token that came early and a refined prompt that came late.</summary>
    private static int Needed(PlanInput input, AssistPlan plan, LearnedDelays delays, double late)
    {
        var usual = delays.ShortestRoundTrip!.Value + (input.PromptTokens / input.Cloud.PrefillTokensPerSecond) + plan.RefineTime.TotalSeconds;
        var perToken = Slow(delays) / input.Device.PrefillTokensPerSecond;
        var ready = Math.Max(0, (input.PromptTokens * perToken) - input.DeviceLead.TotalSeconds);
        if (plan.KeepRatio is { } keep)
        {
            var refined = usual + delays.CloudWait.Quantile(1 - Share) + delays.LinkJitter.Quantile(1 - Share);
            if (refined < ready) ready = refined + (keep * (ready - refined));
        }

        var first = usual + delays.CloudWait.Quantile(Share) + delays.LinkJitter.Quantile(Share);
        for (var lease = 1; lease < 4000; lease++)
            if (ready + late + (lease * perToken) <= first + (lease / input.Device.DecodeTokensPerSecond))
                return lease;
        return 4000;
    }
}
