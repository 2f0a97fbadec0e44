using System.Globalization;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Links;

/// <summary>
/// How fast one direction of a link carries bytes: a constant rate, or a trace in the form of mahimahi (Netravali et al.,
/// USENIX ATC 2015), where each line is an instant in ms, not decreasing, at which <see cref="OpportunityBytes"/> may go,
/// and which begins again at its last instant. An opportunity that nothing waits for is lost, as on the air.
/// </summary>
public sealed class Capacity
{
    /// <summary>What one opportunity delivers.</summary>
    public const int OpportunityBytes = 1500;

    private readonly int[] _ms = [];
    private readonly int[] _firstFrom = []; // per ms: the first opportunity at or after it
    private readonly double _ticksPerByte;

    private Capacity(string text, double bitsPerSecond) =>
        (Text, BitsPerSecond, _ticksPerByte) = (text, bitsPerSecond, bitsPerSecond == 0 ? 0 : 8 * TimeSpan.TicksPerSecond / bitsPerSecond);

    private Capacity(string path, int[] ms)
    {
        (Text, _ms) = (Path.GetFileName(path), ms);
        BitsPerSecond = 8.0 * OpportunityBytes * ms.Length * 1000 / ms[^1];
        _firstFrom = new int[ms[^1] + 1];
        for (int at = 0, next = 0; at < _firstFrom.Length; at++)
        {
            while (ms[next] < at) next++;
            _firstFrom[at] = next;
        }

        for (var i = 1; i < ms.Length; i++) LongestSilence = Math.Max(LongestSilence, (ms[i] - ms[i - 1]) * TimeSpan.TicksPerMillisecond);
        LongestSilence = Math.Max(LongestSilence, ms[0] * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>As a person would type it, a file without its folder.</summary>
    public string Text { get; }

    /// <summary>Mean rate; 0: carrying takes no time.</summary>
    public double BitsPerSecond { get; }

    /// <summary>Time until a trace begins again, ticks; 0 for a constant rate.</summary>
    public long Length => _ms.Length == 0 ? 0 : _ms[^1] * TimeSpan.TicksPerMillisecond;

    /// <summary>The longest time without an opportunity, ticks; 0 for a constant rate.</summary>
    public long LongestSilence { get; }

    /// <param name="text">As typed.</param>
    /// <param name="bitsPerSecond">0: carrying takes no time.</param>
    public static Capacity Constant(string text, double bitsPerSecond) => new(text, bitsPerSecond);

    /// <exception cref="FormatException">It is no such trace. One sentence that names file and line.</exception>
    public static Capacity Read(string path)
    {
        var lines = LinkFiles.Lines(path);
        var ms = new int[lines.Length];
        for (var i = 0; i < ms.Length; i++)
        {
            if (!int.TryParse(lines[i].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ms[i]))
                throw new FormatException($"{path} is no capacity trace: line {i + 1}, {TraceReader.Quote(lines[i])}, is not a whole number of ms.");
            if (i > 0 && ms[i] < ms[i - 1])
                throw new FormatException($"{path} is no capacity trace: line {i + 1} goes back in time, from {ms[i - 1]} to {ms[i]} ms.");
        }

        return ms is [.., > 0] ? new Capacity(path, ms) : throw new FormatException($"{path} is no capacity trace: it lasts no time.");
    }

    /// <summary>When the last of these bytes is through.</summary>
    /// <param name="at">When they are there to be carried, ticks since the link began, zero or later.</param>
    /// <param name="bytes">0 or more; even none needs an opportunity.</param>
    public long Carry(long at, long bytes)
    {
        if (_ms.Length == 0) return at + (long)(bytes * _ticksPerByte);
        var first = FirstFrom(at);
        var last = first + Math.Max(0, (bytes - 1) / OpportunityBytes);
        return At(last);
    }

    private long FirstFrom(long at)
    {
        // The last instant of one repetition and the first of the next are the same one: it is looked up as the last.
        if (at <= 0) return 0;
        var cycle = (at - 1) / Length;
        var into = at - (cycle * Length);
        var ms = (into + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        return (cycle * _ms.Length) + _firstFrom[ms];
    }

    private long At(long opportunity) =>
        (opportunity / _ms.Length * Length) + (_ms[opportunity % _ms.Length] * TimeSpan.TicksPerMillisecond);
}
