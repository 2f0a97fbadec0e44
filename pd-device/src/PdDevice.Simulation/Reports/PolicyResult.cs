using PdDevice.Core.Planning.Delays;
using PdDevice.Simulation.Measures;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation.Reports;

/// <summary>One policy's figures. Times in ms; energy and slots over the whole run.</summary>
public sealed record PolicyResult
{
    public required string Policy { get; init; }

    /// <summary>Times the trace's own rate of arrivals.</summary>
    public required double Load { get; init; }

    public required PolicySettings Settings { get; init; }

    /// <summary>Answers that ended; fewer than the requests in a partial run.</summary>
    public long Answers { get; init; }

    public double TtftMeanMs { get; init; }

    public double TtftP50Ms { get; init; }

    public double TtftP99Ms { get; init; }

    public double TpotMeanMs { get; init; }

    public double TpotP50Ms { get; init; }

    public double TpotP99Ms { get; init; }

    public double ItlMeanMs { get; init; }

    public double ItlP50Ms { get; init; }

    public double ItlP99Ms { get; init; }

    public double LargestGapP50Ms { get; init; }

    public double LargestGapP99Ms { get; init; }

    public double TotalMeanMs { get; init; }

    public double TotalP50Ms { get; init; }

    public double TotalP99Ms { get; init; }

    public long CloudDecodeTokens { get; init; }

    public double CloudTokensPerAnswer { get; init; }

    public double SlotSeconds { get; init; }

    public double SlotSecondsPerAnswer { get; init; }

    /// <summary>Requests/s that met their objectives, per accelerator.</summary>
    public double Goodput { get; init; }

    /// <summary>(prefill + full decode) / prefill in machine time.</summary>
    public double Ceiling { get; init; }

    public double MetShare { get; init; }

    /// <summary>Share whose first token could have been in time in an idle world: no policy meets more.</summary>
    public double AttainableShare { get; init; }

    public double StalledShare { get; init; }

    public double EndedInCloudShare { get; init; }

    public double UsedCloudShare { get; init; }

    public long Refusals { get; init; }

    public long Impossible { get; init; }

    public long CloudTokensWasted { get; init; }

    public long DevicePrefillTokens { get; init; }

    public long DevicePrefillTokensWasted { get; init; }

    public double DeviceJoulesPerAnswer { get; init; }

    public double MeanKeep { get; init; }

    /// <summary>Share of the machines' time that was not idle.</summary>
    public double MachineBusyShare { get; init; }

    public long StateBytes { get; init; }

    /// <summary>Requests whose device alone needs at least ten times (round trip + cloud prefill), as a share of all.</summary>
    public double SlowShare { get; init; }

    public double SlowTtftP50Ms { get; init; }

    public double SlowTtftP99Ms { get; init; }

    public double SlowAloneP50Ms { get; init; }

    public double SlowAloneP99Ms { get; init; }

    /// <summary>TTFT at 0, 2, ..., 100% of the answers.</summary>
    public IReadOnlyList<double> TtftMs { get; init; } = [];

    public IReadOnlyList<OccupancyPoint> Occupancy { get; init; } = [];

    public static PolicyResult From(string policy, double load, PolicySettings settings, Tally tally, int machines)
    {
        ArgumentNullException.ThrowIfNull(tally);
        var answers = Math.Max(1, tally.Answers);
        var seconds = tally.End / (double)TimeSpan.TicksPerSecond;
        return new PolicyResult
        {
            Policy = policy, Load = load, Settings = settings, Answers = tally.Answers,
            TtftMeanMs = R(1000 * tally.Ttft.Mean), TtftP50Ms = Q(tally.Ttft, 0.5), TtftP99Ms = Q(tally.Ttft, 0.99),
            TpotMeanMs = R(1000 * tally.Tpot.Mean), TpotP50Ms = Q(tally.Tpot, 0.5), TpotP99Ms = Q(tally.Tpot, 0.99),
            ItlMeanMs = R(1000 * tally.Itl.Mean), ItlP50Ms = Q(tally.Itl, 0.5), ItlP99Ms = Q(tally.Itl, 0.99),
            LargestGapP50Ms = Q(tally.LargestGap, 0.5), LargestGapP99Ms = Q(tally.LargestGap, 0.99),
            TotalMeanMs = R(1000 * tally.Total.Mean), TotalP50Ms = Q(tally.Total, 0.5), TotalP99Ms = Q(tally.Total, 0.99),
            CloudDecodeTokens = tally.CloudTokens, CloudTokensPerAnswer = R(tally.CloudTokens / (double)answers),
            SlotSeconds = R(tally.SlotSeconds), SlotSecondsPerAnswer = R(tally.SlotSeconds / answers),
            Goodput = R(tally.Goodput), Ceiling = R(tally.Ceiling), MetShare = R(tally.Met / (double)answers),
            AttainableShare = R(tally.Attainable / (double)answers), StalledShare = R(tally.Stalled / (double)answers), EndedInCloudShare = R(tally.EndedInCloud / (double)answers),
            UsedCloudShare = R(tally.UsedCloud / (double)answers), Refusals = tally.Refusals, Impossible = tally.Impossible,
            CloudTokensWasted = tally.CloudWasted, DevicePrefillTokens = tally.DevicePrefill, DevicePrefillTokensWasted = tally.DeviceWasted,
            DeviceJoulesPerAnswer = R(tally.DeviceJoules / answers), MeanKeep = R(tally.PromptTokens > 0 ? 1 - (tally.Dropped / (double)tally.PromptTokens) : 1),
            MachineBusyShare = R(seconds > 0 ? tally.BusySeconds / seconds / machines : 0), StateBytes = tally.StateBytes,
            SlowShare = R(tally.SlowTtft.Count / answers), SlowTtftP50Ms = Q(tally.SlowTtft, 0.5), SlowTtftP99Ms = Q(tally.SlowTtft, 0.99),
            SlowAloneP50Ms = Q(tally.SlowAlone, 0.5), SlowAloneP99Ms = Q(tally.SlowAlone, 0.99),
            TtftMs = [.. Enumerable.Range(0, 51).Select(i => Q(tally.Ttft, i / 50.0))],
            Occupancy = [.. tally.Occupancy.Means(tally.End).Select(bin => new OccupancyPoint(R(bin.Second), R(bin.Slots)))],
        };
    }

    private static double Q(QuantileSketch sketch, double share) => R(1000 * sketch.Quantile(share));

    // Six digits: beyond them a figure says nothing, and a page is easier to read and compare.
    private static double R(double value) => value == 0 || !double.IsFinite(value) ? 0 : double.Parse(value.ToString("G6"));
}

/// <summary>Mean slots in use from a second of the run on.</summary>
public readonly record struct OccupancyPoint(double Second, double Slots);
