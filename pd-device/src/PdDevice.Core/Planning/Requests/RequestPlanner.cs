namespace PdDevice.Core.Planning.Requests;

/// <summary>
/// Chooses for one request: ask the cloud or not, lease K, keep ratio r, display period tau; the least expected occupancy
/// of what keeps to the objectives. K is closed form (<see cref="LeaseForm"/>), for occupancy grows with K and keeping
/// the display fed does not get worse with it, so the smallest that does is best; r and tau are tried one by one.
/// </summary>
/// <remarks>
/// What is uncertain enters at quantiles. A stall needs at least one of the terms to be worse than its quantile, so with n
/// terms each at epsilon / n it happens at most with epsilon, whatever they have to do with each other (union bound).
/// Where nothing keeps to everything, the first token counts before the gap: what is likelier in time, as far as waits are
/// known, then the earlier of cloud and device, then occupancy; the plan says what it misses. Keeps no state: the same arguments give the same plan. <see cref="Plan"/> does not allocate.
/// </remarks>
public sealed class RequestPlanner
{
    private readonly QualityTable _quality;
    private readonly double[] _paces;

    /// <param name="quality">The keep ratios to choose from; null (default): no refinement.</param>
    /// <param name="paces">Display periods to try, as shares of the way from 1/d to <see cref="RequestObjectives.SlowestPeriod"/>, 0 to 1; none (default): 0, 0.5 and 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A pace is not from 0 to 1.</exception>
    public RequestPlanner(QualityTable? quality = null, params ReadOnlySpan<double> paces)
    {
        _quality = quality ?? QualityTable.Whole;
        foreach (var pace in paces)
            if (!(pace >= 0 && pace <= 1))
                throw new ArgumentOutOfRangeException(nameof(paces), pace, "A pace is from 0 (1/d) to 1 (the slowest period).");
        _paces = paces.IsEmpty ? [0, 0.5, 1] : paces.ToArray();
    }

    /// <summary>The best choice.</summary>
    public RequestPlan Plan(in RequestInput input, in RequestObjectives objectives) => Choose(input, objectives, null);

    /// <summary>The best choice, and all that were considered.</summary>
    /// <returns>The device alone first, then the cloud by falling keep ratio and rising period; the plan is one of them.</returns>
    public (RequestPlan Plan, IReadOnlyList<RequestPlan> Considered) Explain(in RequestInput input, in RequestObjectives objectives)
    {
        var considered = new List<RequestPlan>();
        return (Choose(input, objectives, considered), considered);
    }

    private RequestPlan Choose(in RequestInput input, in RequestObjectives objectives, List<RequestPlan>? considered)
    {
        var spread = new Spread(input.Delays, objectives.TtftQuantile, objectives.Epsilon);
        var alone = Alone(input, objectives, spread);
        considered?.Add(alone);
        RequestPlan? best = null;
        foreach (var point in _quality.Points)
            foreach (var pace in _paces)
            {
                var period = 1 / input.Device.DecodeTokensPerSecond;
                period += pace * Math.Max(0, objectives.SlowestPeriod - period);
                var candidate = WithCloud(input, objectives, spread, point, period);
                considered?.Add(candidate);
                if (best is not { } other || Better(candidate, other)) best = candidate;
                if (period >= objectives.SlowestPeriod) break; // all slower ones are this one
            }

        // Last, and once: of three choices each may be better than the next, for cloud and device are told apart by their
        // first tokens, choices with the cloud by occupancy.
        return best is { } cloud && Better(cloud, alone) ? cloud : alone;
    }

    private static RequestPlan Alone(in RequestInput input, in RequestObjectives objectives, in Spread spread)
    {
        var work = (input.PromptTokens - input.Held) / input.Device.PrefillTokensPerSecond;
        var first = Math.Max(0, (work * spread.UsualSlowdown) - input.DeviceLead);
        var missed = Missed.None;
        if (input.Mode == CloudMode.Required) missed |= Missed.Mode;
        if (!Holds(input, input.PromptTokens)) missed |= Missed.Memory;
        if (!(first <= objectives.Ttft)) missed |= Missed.Ttft;
        if (!(1 / input.Device.DecodeTokensPerSecond <= objectives.LargestGap)) missed |= Missed.Gap;
        return new RequestPlan(false, 0, 1, 0, first, first, 0, missed, spread.AloneInTime(work, input.DeviceLead, objectives.Ttft));
    }

    private static RequestPlan WithCloud(in RequestInput input, in RequestObjectives objectives, in Spread spread, in QualityPoint point, double period)
    {
        var missed = Missed.None;
        if (input.Mode == CloudMode.Off || input.MostLease < 1 || !(input.CloudPrefill >= 0 && double.IsFinite(input.CloudPrefill))) missed |= Missed.Mode;
        if (!(point.MostLoss <= objectives.MostLoss)) missed |= Missed.Quality;
        var usual = Usual(input, point.KeepRatio);
        var first = spread.Late(usual);
        if (!(first <= objectives.Ttft)) missed |= Missed.Ttft;
        var limit = Math.Max(1, Math.Min(input.MaxTokens, input.MostLease));
        var shown = Math.Max(period, input.CloudStep); // a slow cloud shows at its own pace
        var even = shown <= objectives.LargestGap;

        var (ready, held) = Ready(input, spread, point.KeepRatio);
        var perToken = spread.Slowdown / input.Device.PrefillTokensPerSecond;
        var able = Holds(input, held) && 1 / input.Device.DecodeTokensPerSecond <= objectives.LargestGap;
        var lease = able ? new LeaseForm(ready, perToken, spread.Early(usual), shown, Math.Max(0, objectives.LargestGap - shown)).Tokens(limit) : 0;
        var whole = lease == 0 && limit == input.MaxTokens; // the cloud makes the whole answer
        if (!even || (lease == 0 && !whole)) missed |= Missed.Gap;
        if (!whole && !Holds(input, held)) missed |= Missed.Memory;
        if (lease == 0) lease = limit;

        var occupancy = input.CloudPrefill + ((lease - 1) * input.CloudStep) + (point.KeepRatio < 1 ? input.RefineSeconds : 0);
        return new RequestPlan(
            true, lease, point.KeepRatio, period, first, ready + (lease * perToken), occupancy, missed, spread.InTime(usual, objectives.Ttft));
    }

    /// <summary>When the device has ingested its prompt, as far as it is kept, and how many positions that leaves in its memory.</summary>
    private static (double Ready, double Positions) Ready(in RequestInput input, in Spread spread, double keep)
    {
        var perToken = spread.Slowdown / input.Device.PrefillTokensPerSecond;
        if (keep >= 1) return (Math.Max(0, ((input.PromptTokens - input.Held) * perToken) - input.DeviceLead) + input.DeviceSlack, input.PromptTokens);
        var refined = spread.Latest(Usual(input, keep) + input.RefinedAfter);
        var done = Math.Min(input.PromptTokens, input.Held + Math.Floor((input.DeviceLead + refined) / perToken)); // what is done stays done
        if (done >= input.PromptTokens) return Ready(input, spread, 1);
        var left = Math.Ceiling(keep * (input.PromptTokens - done));
        return (refined + (left * perToken) + input.DeviceSlack, done + left);
    }

    private static double Usual(in RequestInput input, double keep) => input.RoundTrip + input.CloudPrefill + (keep < 1 ? input.RefineSeconds : 0);

    private static bool Holds(in RequestInput input, double prompt) =>
        input.DevicePositions <= 0 || prompt + input.MaxTokens <= input.DevicePositions;

    private static bool Better(in RequestPlan a, in RequestPlan b)
    {
        if (a.Allowed != b.Allowed) return a.Allowed; // a hard miss is worse than any soft one
        var late = (a.Missed & Missed.Ttft) != Missed.None;
        if (late != ((b.Missed & Missed.Ttft) != Missed.None)) return !late;
        if (late)
        {
            // Nobody is sure to be in time: the likelier one, for what is surely late gains nothing by being less so. The
            // choices with the cloud differ in their first token by what refining takes only: occupancy decides among them.
            if (Keeps(a) != Keeps(b)) return Keeps(a) > Keeps(b);
            if (a.UseCloud != b.UseCloud && a.FirstToken != b.FirstToken) return a.FirstToken < b.FirstToken;
        }

        if (a.Missed != b.Missed) return a.Missed < b.Missed;
        return a.Occupancy != b.Occupancy ? a.Occupancy < b.Occupancy : a.ReadyIn < b.ReadyIn;
    }

    // In tenths: of some hundred waits that are remembered a share is known no better.
    private static double Keeps(in RequestPlan plan) => (plan.Missed & Missed.Gap) == Missed.None ? Math.Round(plan.InTime, 1) : 0;
}
