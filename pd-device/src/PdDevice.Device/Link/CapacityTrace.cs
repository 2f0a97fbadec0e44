using System.Globalization;

namespace PdDevice.Device.Link;

/// <summary>
/// The capacity of one direction of a link over time, in the form of mahimahi (Netravali et al., USENIX ATC 2015): one
/// line per opportunity to deliver <see cref="OpportunityBytes"/>, in ms from the start, not decreasing; several at one
/// instant are several lines. It begins again at its last instant.
/// </summary>
public sealed class CapacityTrace
{
    /// <summary>What one opportunity delivers.</summary>
    public const int OpportunityBytes = 1500;

    private readonly int[] _ms;

    private CapacityTrace(string path, int[] ms) => (Path, _ms) = (path, ms);

    /// <summary>Where it was read from, as given.</summary>
    public string Path { get; }

    /// <summary>Time until it begins again.</summary>
    public TimeSpan Length => TimeSpan.FromMilliseconds(_ms[^1]);

    /// <summary>Mean capacity, bits per second.</summary>
    public double BitsPerSecond => 8.0 * OpportunityBytes * _ms.Length / Length.TotalSeconds;

    /// <summary>The longest time without an opportunity, the one over its end included.</summary>
    public TimeSpan LongestSilence => TimeSpan.FromMilliseconds(_ms.Zip(_ms.Skip(1), (a, b) => b - a).Append(_ms[0]).Max());

    /// <exception cref="FormatException">It is no such trace, or cannot be read. One sentence that names file and line.</exception>
    public static CapacityTrace Read(string path)
    {
        var lines = TraceFile.Lines(path);
        var ms = new int[lines.Length];
        for (var i = 0; i < ms.Length; i++)
        {
            if (!int.TryParse(lines[i].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ms[i]))
                throw new FormatException($"{path} is no capacity trace: line {i + 1}, {TraceFile.Quote(lines[i])}, is not a whole number of ms.");
            if (i > 0 && ms[i] < ms[i - 1])
                throw new FormatException($"{path} is no capacity trace: line {i + 1} goes back in time, from {ms[i - 1]} to {ms[i]} ms.");
        }

        return ms is [.., > 0] ? new CapacityTrace(path, ms) : throw new FormatException($"{path} is no capacity trace: it lasts no time.");
    }

    /// <summary>The first opportunity at or after an instant since the start, zero or later; counted on through all repetitions.</summary>
    internal long FirstFrom(TimeSpan at)
    {
        // The last instant of one repetition and the first of the next are the same one: it is looked up as the last.
        var (cycle, into) = at > TimeSpan.Zero ? Math.DivRem(at.Ticks - 1, Length.Ticks) : (0, -1);
        var ms = (int)((into + TimeSpan.TicksPerMillisecond) / TimeSpan.TicksPerMillisecond); // of into + 1, rounded up
        var found = Array.BinarySearch(_ms, ms);
        if (found < 0) found = ~found;
        while (found > 0 && _ms[found - 1] == ms) found--; // one of several at this instant: the first
        return (cycle * _ms.Length) + found;
    }

    /// <summary>When an opportunity comes, since the start.</summary>
    internal TimeSpan At(long opportunity) =>
        (opportunity / _ms.Length * Length) + TimeSpan.FromMilliseconds(_ms[opportunity % _ms.Length]);
}
