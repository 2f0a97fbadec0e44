namespace PdDevice.Core.Planning.Fleet;

/// <summary>
/// The queue M/M/c/K: arrivals and service times at random, c servers, room for so many that wait, who comes on top is
/// refused (Kleinrock 1975, Queueing Systems I, 3.8). Computed once, then asked for waits.
/// </summary>
public sealed class QueueWait
{
    private const int Points = 128;
    private readonly double[] _within = new double[Points]; // P(wait <= t) of those admitted, on a grid of t
    private readonly double _shortest;
    private readonly double _factor;

    /// <param name="arrivals">Per second, 0 or more.</param>
    /// <param name="service">Mean seconds of one server for one request, above 0.</param>
    /// <param name="servers">c, at least 1.</param>
    /// <param name="room">Requests that may wait, 0 or more.</param>
    public QueueWait(double arrivals, double service, int servers, int room)
    {
        // States 0..servers+room, relative to the most likely one so that nothing overflows.
        var states = new double[servers + room + 1];
        var log = 0.0;
        var most = 0.0;
        for (var n = 1; n < states.Length; n++)
        {
            log += arrivals > 0 ? Math.Log(arrivals * service / Math.Min(n, servers)) : double.NegativeInfinity;
            states[n] = log;
            most = Math.Max(most, log);
        }

        var sum = 0.0;
        for (var n = 0; n < states.Length; n++) sum += states[n] = Math.Exp(states[n] - most);
        Refused = states[^1] / sum;

        var rate = servers / service; // of the whole station, while all are busy
        _shortest = 0.01 / rate;
        _factor = Math.Pow((room + 20) * 10.0 / 0.01, 1.0 / (Points - 1));
        var admitted = sum - states[^1];
        for (var point = 0; point < Points; point++)
        {
            // With k before it in the queue a request waits for k+1 departures: Erlang, P(wait > t) = sum of Poisson terms.
            var jobs = rate * At(point);
            var (term, later, mass) = (-jobs, 0.0, 0.0); // the term as a logarithm: e^-jobs alone would vanish
            for (var n = 0; n < states.Length - 1; n++)
            {
                if (n >= servers)
                {
                    if (term > -40) later += Math.Exp(term);
                    term += Math.Log(jobs / (n - servers + 1));
                }

                mass += states[n] * (n < servers ? 1 : Math.Max(0, 1 - later));
            }

            _within[point] = admitted > 0 ? mass / admitted : 0;
        }

        AtOnce = 0;
        for (var n = 0; n < Math.Min(servers, states.Length - 1); n++) AtOnce += states[n] / admitted;
    }

    /// <summary>Share of the arrivals that finds the queue full.</summary>
    public double Refused { get; }

    /// <summary>Share of those admitted that need not wait.</summary>
    public double AtOnce { get; }

    /// <summary>Share of those admitted that wait no longer than this.</summary>
    /// <param name="seconds">Infinity: all; below 0: none.</param>
    public double Within(double seconds)
    {
        if (!(seconds >= 0)) return 0;
        var place = Math.Log(seconds / _shortest) / Math.Log(_factor);
        if (place < 0) return AtOnce;
        if (place >= Points - 1) return 1;
        var point = (int)place;
        return _within[point] + ((place - point) * (_within[point + 1] - _within[point]));
    }

    private double At(int point) => _shortest * Math.Pow(_factor, point);
}
