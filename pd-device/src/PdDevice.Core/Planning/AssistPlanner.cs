using PdDevice.Core.Planning.Requests;

namespace PdDevice.Core.Planning;

/// <summary>What is known before an answer begins.</summary>
/// <param name="PromptTokens">N, at least 1.</param>
/// <param name="MaxTokens">Limit of the answer in tokens, at least 1.</param>
/// <param name="Device">p and d of the device.</param>
/// <param name="Cloud">Rates the cloud states; any value, a prefill below 1 token/s is not asked for.</param>
/// <param name="RoundTrip">Round trip of the link, measured.</param>
/// <param name="MaxLease">The cloud's own limit for one lease; below 1 the cloud is not asked.</param>
/// <param name="DeviceLead">How long the device has been prefilling already.</param>
/// <param name="Held">Prompt tokens the device held before it began, of an earlier turn; default 0.</param>
/// <param name="LeastSaving">A wait shorter than this is not worth a cloud's time; null (default) is <see cref="AssistPlanner.LeastSaving"/>, below zero asks even where the device is first.</param>
public sealed record PlanInput(
    int PromptTokens, int MaxTokens, EngineRates Device, EngineRates Cloud, TimeSpan RoundTrip, int MaxLease, TimeSpan DeviceLead, int Held = 0,
    TimeSpan? LeastSaving = null);

/// <summary>What to do about one answer.</summary>
/// <param name="UseCloud">Whether an assist is worth asking for.</param>
/// <param name="Lease">K, tokens to ask for; 0 without the cloud.</param>
/// <param name="Period">tau, time between shown tokens; zero shows them as they come.</param>
/// <param name="CloudFirstToken">T1, expected from now; zero without the cloud.</param>
/// <param name="DeviceFirstToken">When the device alone would have its first token, from now.</param>
/// <param name="ReadyIn">When the device expects to have ingested prompt and lease, from now.</param>
/// <param name="Reason">One sentence for a person.</param>
public sealed record AssistPlan(
    bool UseCloud, int Lease, TimeSpan Period, TimeSpan CloudFirstToken, TimeSpan DeviceFirstToken, TimeSpan ReadyIn, string Reason);

/// <summary>
/// The live device's rule: ask the cloud when it saves a noticeable wait, and for just as many tokens as keep the display
/// fed until the device is ready. It is <see cref="RequestPlanner"/> with r = 1, tau = 1/d, no gap longer than tau, and a
/// fixed margin where a device that has learned its delays has quantiles.
/// </summary>
public static class AssistPlanner
{
    /// <summary>A wait shorter than this is not worth a cloud's time.</summary>
    public static TimeSpan LeastSaving { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Share by which the device's prefill may turn out slower than its measured rate without a stall.</summary>
    public const double PrefillMargin = 0.03;

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly RequestPlanner Rule = new(QualityTable.Whole, 0);

    public static AssistPlan Plan(PlanInput input)
    {
        var device = input.Device;
        var alone = Max(device.Prefill(input.PromptTokens - input.Held) - input.DeviceLead, TimeSpan.Zero);

        // Rate and limit are what the cloud says of itself: nonsense must not break the answer (invariant 10).
        if (input.Cloud.PrefillTokensPerSecond is not >= 1 || input.MaxLease < 1)
            return Alone("the cloud states a prefill rate below 1 token/s, or no lease: not worth asking");

        var first = input.RoundTrip + input.Cloud.Prefill(input.PromptTokens);
        var saved = alone - first;
        var least = input.LeastSaving ?? LeastSaving;
        var step = 1 / device.DecodeTokensPerSecond;
        var plan = Rule.Plan(
            new RequestInput
            {
                PromptTokens = input.PromptTokens,
                MaxTokens = input.MaxTokens,
                Device = device,
                Held = input.Held,
                DeviceLead = input.DeviceLead.TotalSeconds,
                DeviceSlack = Margin(alone, device.DecodeStep, device).TotalSeconds,
                Mode = least < TimeSpan.Zero ? CloudMode.Required : CloudMode.Auto,
                RoundTrip = input.RoundTrip.TotalSeconds,
                CloudPrefill = input.Cloud.Prefill(input.PromptTokens).TotalSeconds,
                MostLease = input.MaxLease, // how fast it decodes is left out: it is only what the cloud claims
            },
            // The device alone is good enough where it is later by less than the least saving: the tick makes the limit its own.
            new RequestObjectives((first + Max(least, Tick) - Tick).TotalSeconds, 0.5, step, RequestObjectives.DefaultEpsilon, step, 0));
        if (!plan.UseCloud)
        {
            return Alone(saved <= TimeSpan.Zero
                ? $"the device's own first token, in {alone.TotalMilliseconds:F0} ms, comes no later than the cloud's would"
                : $"the cloud's first token would come only {saved.TotalMilliseconds:F0} ms sooner than the device's own");
        }

        var ready = alone + device.Prefill(plan.Lease);
        return new AssistPlan(true, plan.Lease, device.DecodeStep, first, alone, ready,
            saved < TimeSpan.Zero
                ? $"asked although the device's own first token would come {-saved.TotalSeconds:F1} s sooner"
                : plan.Lease == Math.Min(input.MaxTokens, input.MaxLease)
                ? $"the first token comes {saved.TotalSeconds:F1} s sooner; the device would not be ready within {plan.Lease} tokens"
                : $"the first token comes {saved.TotalSeconds:F1} s sooner; the device is ready after about {plan.Lease} tokens");

        AssistPlan Alone(string reason) => new(false, 0, TimeSpan.Zero, TimeSpan.Zero, alone, alone, reason);
    }

    /// <summary>
    /// Tokens the cloud must make so that the display never waits for the device. The margin covers what the form leaves
    /// out: a slower prefill, the chunk in flight, and one decode step.
    /// </summary>
    /// <param name="left">Time of prefill left on the device.</param>
    /// <param name="first">When the first of these tokens is shown.</param>
    /// <param name="tau">Display period.</param>
    /// <param name="device">The device's rates.</param>
    /// <param name="limit">Largest lease, at least 1.</param>
    /// <returns>1 to <paramref name="limit"/>.</returns>
    public static int Lease(TimeSpan left, TimeSpan first, TimeSpan tau, EngineRates device, int limit)
    {
        var form = new LeaseForm(
            (left + Margin(left, tau, device)).TotalSeconds, 1 / device.PrefillTokensPerSecond, first.TotalSeconds, tau.TotalSeconds, Slack: 0);
        return form.Tokens(limit) is > 0 and var lease ? lease : limit;
    }

    private static TimeSpan Margin(TimeSpan left, TimeSpan tau, EngineRates device) =>
        (left * PrefillMargin) + device.Prefill(device.DeviceChunk) + tau;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
