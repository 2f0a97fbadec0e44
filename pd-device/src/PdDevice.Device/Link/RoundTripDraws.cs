namespace PdDevice.Device.Link;

/// <summary>
/// The delay of a link: half a round trip each way, constant or drawn from measured ones. Drawn, a row of the trace is in
/// force for <see cref="Hold"/>, chosen by seed and time alone; each piece of data draws a normal round trip from its
/// average and deviation, kept within its shortest and longest, and may be lost by its share. What is lost comes after
/// TCP's retransmission timeout, which doubles until it comes through. Safe from any thread.
/// </summary>
internal sealed class RoundTripDraws(TimeSpan constant, RoundTripTrace? trace, int seed)
{
    /// <summary>A row of such a trace sums up five pings, and ping sends one a second.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    /// <summary>What TCP waits beyond a round trip before it sends again: Linux's least variance term (RFC 6298 asks for more).</summary>
    private static readonly TimeSpan Retransmit = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan MostRetransmit = TimeSpan.FromSeconds(120);

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>Delay of a piece that leaves at this instant since the link began.</summary>
    public TimeSpan OneWay(TimeSpan at)
    {
        if (trace is null) return constant / 2;
        lock (_gate)
        {
            var row = InForce(at);
            var (delay, timeout) = (TimeSpan.Zero, Retransmit + TimeSpan.FromMilliseconds(row.AverageMs));
            while (_random.NextDouble() < LostOneWay(row))
            {
                delay += timeout;
                timeout = timeout * 2 < MostRetransmit ? timeout * 2 : MostRetransmit;
                row = InForce(at + delay);
            }

            return delay + (RoundTrip(row) / 2);
        }
    }

    private RoundTripTrace.Pings InForce(TimeSpan at) =>
        trace!.Rows[new Random(unchecked((seed * 1_000_003) + (int)(at / Hold))).Next(trace.Rows.Count)];

    // A ping is lost when either way loses it.
    private static double LostOneWay(RoundTripTrace.Pings row) => 1 - Math.Sqrt(1 - row.Lost);

    // Box and Muller's normal deviate.
    private TimeSpan RoundTrip(RoundTripTrace.Pings row)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return TimeSpan.FromMilliseconds(Math.Clamp(row.AverageMs + (normal * row.DeviationMs), row.MinMs, row.MaxMs));
    }
}
