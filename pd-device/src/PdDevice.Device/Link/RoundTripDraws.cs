using PdDevice.Core.Links;

namespace PdDevice.Device.Link;

/// <summary>
/// The delay of a link: half a round trip each way, constant or drawn from measured ones. Drawn, each piece
/// of data draws a round trip from the row in force and may be lost by its share; what is lost comes a
/// <see cref="RetransmissionTimeout"/> later. Safe from any thread.
/// </summary>
internal sealed class RoundTripDraws(TimeSpan constant, RoundTripTrace? trace, int seed)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>Delay of a piece that leaves at this instant since the link began.</summary>
    public TimeSpan OneWay(TimeSpan at)
    {
        if (trace is null) return constant / 2;
        lock (_gate)
        {
            var row = InForce(at);
            var (delay, timeout) = (TimeSpan.Zero, RetransmissionTimeout.First(TimeSpan.FromMilliseconds(row.AverageMs)));
            while (_random.NextDouble() < row.LostOneWay)
            {
                delay += timeout;
                timeout = RetransmissionTimeout.Next(timeout);
                row = InForce(at + delay);
            }

            return delay + (RoundTrip(row) / 2);
        }
    }

    private Pings InForce(TimeSpan at) =>
        trace!.Rows[new Random(unchecked((seed * 1_000_003) + (int)(at / RoundTripTrace.Hold))).Next(trace.Rows.Count)];

    // Box and Muller's normal deviate.
    private TimeSpan RoundTrip(Pings row)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return TimeSpan.FromMilliseconds(row.RoundTripMs(normal));
    }
}
