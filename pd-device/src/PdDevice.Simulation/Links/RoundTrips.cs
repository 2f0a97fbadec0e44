using PdDevice.Core.Links;
using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Links;

/// <summary>Round trips: constant, or drawn from measured ones by the rules of <see cref="RoundTripTrace"/> and <see cref="Pings"/>.</summary>
public sealed class RoundTrips
{
    private readonly Pings[] _rows;

    private RoundTrips(string text, Pings[] rows) => (Text, _rows, Constant) = (text, rows, rows is [{ DeviationMs: 0, Lost: 0 }]);

    /// <summary>As a person would type it, a file without its folder.</summary>
    public string Text { get; }

    /// <summary>Mean round trip, ticks.</summary>
    public long Mean => (long)(_rows.Average(row => row.AverageMs) * TimeSpan.TicksPerMillisecond);

    public static RoundTrips Of(string text, TimeSpan time) =>
        new(text, [new Pings(time.TotalMilliseconds, time.TotalMilliseconds, time.TotalMilliseconds, 0, 0)]);

    /// <exception cref="FormatException">It is no such file. One sentence that names file and line.</exception>
    public static RoundTrips Read(string path) =>
        new(Path.GetFileName(path), [.. RoundTripTrace.Parse(path, LinkFiles.Lines(path)).Rows]);

    /// <summary>Whether all are the same and none is lost.</summary>
    public bool Constant { get; }

    /// <summary>A round trip at an instant, ticks.</summary>
    internal long Draw(ulong seed, long at, ref SeededRandom random)
    {
        var row = InForce(seed, at);
        var ms = row.DeviationMs == 0 ? row.AverageMs : row.RoundTripMs(random.NextNormal());
        return (long)(ms * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>The mean round trip in force at an instant, ticks, and the share of packets lost one way.</summary>
    internal (long Mean, double LostOneWay) At(ulong seed, long at)
    {
        var row = InForce(seed, at);
        return ((long)(row.AverageMs * TimeSpan.TicksPerMillisecond), row.LostOneWay);
    }

    private Pings InForce(ulong seed, long at)
    {
        if (_rows.Length == 1) return _rows[0];
        var random = SeededRandom.For(seed, at / RoundTripTrace.Hold.Ticks);
        return _rows[random.NextBelow(_rows.Length)];
    }
}
