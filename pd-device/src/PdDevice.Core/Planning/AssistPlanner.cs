using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Core.Planning;

/// <summary>
/// The live device's rule: ask the cloud when it saves a noticeable wait, and for just as many tokens as keep the display
/// fed until the device is ready. It is <see cref="RequestPlanner"/> with tau = 1/d, no gap longer than tau, and the
/// quantiles of the delays the device has learned; until it has, a fixed margin. Where a refined prompt is to be had, the
/// lease of design section 6 reckons with it: it arrives at s = T1 and leaves W = r (N - m) of the prompt.
/// </summary>
public static class AssistPlanner
{
    /// <summary>A wait shorter than this is not worth a cloud's time.</summary>
    public static TimeSpan LeastSaving { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Share by which the device's prefill may turn out slower than its measured rate without a stall, while its slowdown is not known.</summary>
    public const double PrefillMargin = 0.02;

    /// <summary>A cloud that says it takes longer per prompt token to read attention talks nonsense.</summary>
    public const double MostRefineSecondsPerToken = 1;

    private const double TtftQuantile = 0.5;
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly RequestPlanner Rule = new(QualityTable.Whole, 0);

    public static AssistPlan Plan(PlanInput input)
    {
        var device = input.Device;
        var delays = Trusted(input.Delays);
        var spread = Of(delays);
        var work = device.Prefill(input.PromptTokens - input.Held);
        var alone = Left(spread.UsualSlowdown);

        // Rate and limit are what the cloud says of itself: nonsense must not break the answer (invariant 10).
        if (input.Cloud.PrefillTokensPerSecond is not >= 1 || input.MaxLease < 1)
            return Alone("the cloud states a prefill rate below 1 token/s, or no lease: not worth asking");

        var prefill = input.Cloud.Prefill(input.PromptTokens);
        var usual = Usual(input.RoundTrip, prefill, delays);
        var first = usual + Beyond(spread.Late(0));
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
                DeviceSlack = Margin(alone, device.DecodeStep, device, spread).TotalSeconds,
                Mode = least < TimeSpan.Zero ? CloudMode.Required : CloudMode.Auto,
                RoundTrip = (usual - prefill).TotalSeconds,
                CloudPrefill = prefill.TotalSeconds,
                MostLease = input.MaxLease, // how fast it decodes is left out: it is only what the cloud claims
                Delays = delays,
            },
            // The device alone is good enough where it is later by less than the least saving: the tick makes the limit its own.
            new RequestObjectives((first + Max(least, Tick) - Tick).TotalSeconds, TtftQuantile, step, RequestObjectives.DefaultEpsilon, step, 0));
        if (!plan.UseCloud)
        {
            return Alone(saved <= TimeSpan.Zero
                ? $"the device's own first token, in {alone.TotalMilliseconds:F0} ms, comes no later than the cloud's would"
                : $"the cloud's first token would come only {saved.TotalMilliseconds:F0} ms sooner than the device's own");
        }

        var limit = Math.Min(input.MaxTokens, input.MaxLease);
        var (sooner, cost) = Refined(input, saved);
        var lease = plan.Lease;
        if (sooner > TimeSpan.Zero)
        {
            (first, saved) = (first + cost, saved - cost);
            var left = Left(spread.Slowdown);
            var refined = usual + cost + Beyond(spread.Latest(0));
            left -= (1 - input.Refinement!.KeepRatio) * Max(left - refined, TimeSpan.Zero);
            lease = Lease(left, usual + cost + Beyond(spread.Early(0)), device.DecodeStep, device, limit, spread);
        }

        return new AssistPlan(true, lease, device.DecodeStep, first, alone, alone - sooner + (device.Prefill(lease) * spread.UsualSlowdown),
            saved < TimeSpan.Zero
                ? $"asked although the device's own first token would come {-saved.TotalSeconds:F1} s sooner"
                : lease == limit
                ? $"the first token comes {saved.TotalSeconds:F1} s sooner; the device would not be ready within {lease} tokens"
                : $"the first token comes {saved.TotalSeconds:F1} s sooner; the device is ready after about {lease} tokens",
            sooner > TimeSpan.Zero ? input.Refinement!.KeepRatio : null, cost);

        TimeSpan Left(double slowdown) => Max((work * slowdown) - input.DeviceLead, TimeSpan.Zero);

        AssistPlan Alone(string reason) => new(false, 0, TimeSpan.Zero, TimeSpan.Zero, alone, alone, reason);
    }

    /// <summary>When an assist's first token is expected, from its asking: <see cref="AssistPlan.CloudFirstToken"/> of one that refines nothing.</summary>
    /// <param name="roundTrip">Of the link, measured.</param>
    /// <param name="prefill">What the cloud's prefill takes at the rate it states.</param>
    /// <param name="delays">As in <see cref="PlanInput"/>.</param>
    public static TimeSpan FirstToken(TimeSpan roundTrip, TimeSpan prefill, LearnedDelays? delays)
    {
        delays = Trusted(delays);
        return Usual(roundTrip, prefill, delays) + Beyond(Of(delays).Late(0));
    }

    /// <summary>
    /// Tokens the cloud must make so that the display never waits for the device, at rates that are not further learned. The
    /// margin covers what the form leaves out: a slower prefill, the chunk in flight, and one decode step.
    /// </summary>
    /// <param name="left">Time of prefill left on the device.</param>
    /// <param name="first">When the first of these tokens is shown.</param>
    /// <param name="tau">Display period.</param>
    /// <param name="device">The device's rates.</param>
    /// <param name="limit">Largest lease, at least 1.</param>
    /// <returns>1 to <paramref name="limit"/>.</returns>
    public static int Lease(TimeSpan left, TimeSpan first, TimeSpan tau, EngineRates device, int limit) =>
        Lease(left, first, tau, device, limit, Of(null));

    private static int Lease(TimeSpan left, TimeSpan first, TimeSpan tau, EngineRates device, int limit, in Spread spread)
    {
        var form = new LeaseForm(
            (left + Margin(left, tau, device, spread)).TotalSeconds, spread.Slowdown / device.PrefillTokensPerSecond, first.TotalSeconds, tau.TotalSeconds, Slack: 0);
        return form.Tokens(limit) is > 0 and var lease ? lease : limit;
    }

    /// <summary>By how much sooner the device is ready with a refined prompt, and what that costs the first token; both zero where it is not to be asked for.</summary>
    private static (TimeSpan Sooner, TimeSpan Cost) Refined(PlanInput input, TimeSpan saved)
    {
        // What the cloud says of itself, again: what cannot be is as if it refined nothing.
        if (input.Refinement is not { } wish || input.RefineSecondsPerToken is not (>= 0 and <= MostRefineSecondsPerToken)) return default;
        var cost = TimeSpan.FromSeconds(input.PromptTokens * input.RefineSecondsPerToken);
        return wish.Saving(saved - cost) is var sooner && sooner > cost ? (sooner, cost) : default;
    }

    /// <summary>A learned slowdown takes the place of the share of the prefill; the chunk in flight is then as slow.</summary>
    private static TimeSpan Margin(TimeSpan left, TimeSpan tau, EngineRates device, in Spread spread) =>
        (left * (spread.Learned ? 0 : PrefillMargin)) + (device.Prefill(device.DeviceChunk) * spread.Slowdown) + tau;

    private static LearnedDelays? Trusted(LearnedDelays? delays) => delays is { Suffice: true } ? delays : null;

    private static Spread Of(LearnedDelays? delays) => new(delays, TtftQuantile, RequestObjectives.DefaultEpsilon);

    // Where jitter is learned, it is what comes on top of the shortest round trip.
    private static TimeSpan Usual(TimeSpan roundTrip, TimeSpan prefill, LearnedDelays? delays) =>
        (delays?.ShortestRoundTrip is { } shortest ? TimeSpan.FromSeconds(shortest) : roundTrip) + prefill;

    // Up to a tick, so that what is due then is not held to be late.
    private static TimeSpan Beyond(double seconds) => TimeSpan.FromTicks((long)Math.Ceiling(seconds * TimeSpan.TicksPerSecond));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
