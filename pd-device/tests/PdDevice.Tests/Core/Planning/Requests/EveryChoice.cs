using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Tests.Core.Planning.Requests;

/// <summary>
/// The reference: every lease, keep ratio and period tried one by one, each judged by walking through what would happen,
/// from the definitions of design section 6 and without the closed form. All terms at the quantiles the plan is for.
/// </summary>
internal static class EveryChoice
{
    /// <summary>Least occupancy of what keeps to the objectives; null: nothing does.</summary>
    public static double? LeastOccupancy(RequestCase @case)
    {
        double? least = AloneKeeps(@case) ? 0 : null;
        var (input, objectives) = (@case.Input, @case.Objectives);
        var step = 1 / input.Device.DecodeTokensPerSecond;
        var paces = @case.Paces.Length == 0 ? [0, 0.5, 1] : @case.Paces;
        QualityPoint[] points = [.. @case.Points, new QualityPoint(1, 0, 0)];
        for (var lease = 1; lease <= Math.Min(input.MaxTokens, input.MostLease); lease++)
            foreach (var point in points)
                foreach (var pace in paces)
                    if (CloudKeeps(@case, lease, point, step + (pace * Math.Max(0, objectives.SlowestPeriod - step)))
                        && Occupancy(input, lease, point.KeepRatio) is var cost && !(cost >= least))
                        least = cost;
        return least;
    }

    public static double Occupancy(in RequestInput input, int lease, double keep)
    {
        var seconds = input.CloudPrefill;
        for (var token = 1; token < lease; token++) seconds += input.CloudStep;
        return seconds + (keep < 1 ? input.RefineSeconds : 0);
    }

    public static bool AloneKeeps(RequestCase @case)
    {
        var (input, objectives) = (@case.Input, @case.Objectives);
        var slow = input.Delays?.Slowdown.Quantile(objectives.TtftQuantile) ?? 1;
        var first = Math.Max(0, (slow * (input.PromptTokens - input.Held) / input.Device.PrefillTokensPerSecond) - input.DeviceLead);
        return input.Mode != CloudMode.Required && first <= objectives.Ttft && Fits(input, input.PromptTokens)
            && 1 / input.Device.DecodeTokensPerSecond <= objectives.LargestGap;
    }

    public static bool CloudKeeps(RequestCase @case, int lease, in QualityPoint point, double period)
    {
        var (input, objectives) = (@case.Input, @case.Objectives);
        if (input.Mode == CloudMode.Off || point.MostLoss > objectives.MostLoss || lease > input.MostLease) return false;
        var share = objectives.Epsilon / 5;
        var late = 1 - ((1 - objectives.TtftQuantile) / 2);
        var usual = input.RoundTrip + input.CloudPrefill + (point.KeepRatio < 1 ? input.RefineSeconds : 0);
        if (!(usual + Vary(late) <= objectives.Ttft)) return false;
        var shown = Math.Max(period, input.CloudStep);
        if (shown > objectives.LargestGap) return false;
        if (lease == input.MaxTokens) return true; // nothing to hand over

        // The device: the positions it does until it has them all, one after the other.
        var perToken = (input.Delays?.Slowdown.Quantile(1 - share) ?? 1) / input.Device.PrefillTokensPerSecond;
        var (now, left, refined) = (-input.DeviceLead, input.PromptTokens - input.Held, point.KeepRatio == 1);
        var refinedAt = usual + input.RefinedAfter + Vary(1 - share);
        var positions = input.Held;
        while (left > 0)
        {
            if (!refined && now + perToken > refinedAt)
            {
                (refined, left) = (true, (int)Math.Ceiling(point.KeepRatio * left));
                now = refinedAt;
            }

            now += perToken;
            positions++;
            left--;
        }

        now = Math.Max(now, 0) + input.DeviceSlack;
        if (!Fits(input, positions)) return false;
        for (var token = 0; token < lease; token++) now += perToken;

        // The display: one token each period from an early first one; then the device's.
        var last = usual + Vary(share);
        for (var token = 1; token < lease; token++) last += shown;
        return Math.Max(now, last + shown) - last <= objectives.LargestGap * (1 + 1e-9)
            && 1 / input.Device.DecodeTokensPerSecond <= objectives.LargestGap;

        double Vary(double quantile) => input.Delays is { } delays ? delays.CloudWait.Quantile(quantile) + delays.LinkJitter.Quantile(quantile) : 0;
    }

    private static bool Fits(in RequestInput input, int prompt) => input.DevicePositions == 0 || prompt + input.MaxTokens <= input.DevicePositions;
}
