using PdDevice.Core.Links;

namespace PdDevice.Simulation.Links;

/// <summary>How fast one direction of a link carries bytes: a constant rate, or a trace.</summary>
public sealed class Capacity
{
    private readonly CapacityTrace? _trace;
    private readonly double _ticksPerByte;

    private Capacity(string text, double bitsPerSecond) =>
        (Text, BitsPerSecond, _ticksPerByte) = (text, bitsPerSecond, bitsPerSecond == 0 ? 0 : 8 * TimeSpan.TicksPerSecond / bitsPerSecond);

    private Capacity(CapacityTrace trace) =>
        (_trace, Text, BitsPerSecond, Length, LongestSilence) = (trace, Path.GetFileName(trace.Path), trace.BitsPerSecond, trace.Length.Ticks, trace.LongestSilence.Ticks);

    /// <summary>As a person would type it, a file without its folder.</summary>
    public string Text { get; }

    /// <summary>Mean rate; 0: carrying takes no time.</summary>
    public double BitsPerSecond { get; }

    /// <summary>Time until a trace begins again, ticks; 0 for a constant rate.</summary>
    public long Length { get; }

    /// <summary>The longest time without an opportunity, ticks; 0 for a constant rate.</summary>
    public long LongestSilence { get; }

    /// <param name="text">As typed.</param>
    /// <param name="bitsPerSecond">0: carrying takes no time.</param>
    public static Capacity Constant(string text, double bitsPerSecond) => new(text, bitsPerSecond);

    /// <exception cref="FormatException">It is no trace. One sentence that names file and line.</exception>
    public static Capacity Read(string path) => new(CapacityTrace.Parse(path, LinkFiles.Lines(path)));

    /// <summary>When the last of these bytes is through.</summary>
    /// <param name="at">When they are there to be carried, ticks since the link began, zero or later.</param>
    /// <param name="bytes">0 or more; even none needs an opportunity.</param>
    public long Carry(long at, long bytes)
    {
        if (_trace is null) return at + (long)(bytes * _ticksPerByte);
        var last = _trace.FirstFrom(TimeSpan.FromTicks(at)) + Math.Max(0, (bytes - 1) / CapacityTrace.OpportunityBytes);
        return _trace.At(last).Ticks;
    }
}
