using System.Globalization;

namespace PdDevice.Core.Links;

/// <summary>
/// The capacity of one direction of a link over time, in the form of mahimahi (Netravali et al., USENIX ATC 2015): one
/// line per opportunity to deliver <see cref="OpportunityBytes"/>, in ms from the start, not decreasing; several at one
/// instant are several lines. It begins again at its last instant. An opportunity that nothing waits for is lost, as on the air.
/// </summary>
public sealed class CapacityTrace
{
    /// <summary>What one opportunity delivers.</summary>
    public const int OpportunityBytes = 1500;

    // 17 minutes have an entry for each ms; a longer trace has one for 2, 4, 8, ... ms, so that a stray number costs no memory.
    private const int MostEntries = 1 << 20;

    private readonly int[] _ms;
    private readonly int[] _firstFrom; // per entry: the first opportunity at or after its first ms
    private readonly int _entryBits;

    private CapacityTrace(string path, int[] ms)
    {
        (Path, _ms) = (path, ms);
        LongestSilence = TimeSpan.FromMilliseconds(ms.Zip(ms.Skip(1), (a, b) => b - a).Append(ms[0]).Max());
        while (ms[^1] >> _entryBits >= MostEntries) _entryBits++;
        _firstFrom = new int[(ms[^1] >> _entryBits) + 1];
        for (int entry = 0, next = 0; entry < _firstFrom.Length; entry++)
        {
            while (ms[next] < entry << _entryBits) next++;
            _firstFrom[entry] = next;
        }
    }

    /// <summary>Where it was read from, as given.</summary>
    public string Path { get; }

    /// <summary>Time until it begins again.</summary>
    public TimeSpan Length => TimeSpan.FromTicks(_ms[^1] * TimeSpan.TicksPerMillisecond);

    /// <summary>Mean capacity, bits per second.</summary>
    public double BitsPerSecond => 8.0 * OpportunityBytes * _ms.Length * 1000 / _ms[^1];

    /// <summary>The longest time without an opportunity, the one over its end included.</summary>
    public TimeSpan LongestSilence { get; }

    /// <param name="path">For messages.</param>
    /// <param name="lines">What stands in it.</param>
    /// <exception cref="FormatException">It is no such trace. One sentence that names file and line.</exception>
    public static CapacityTrace Parse(string path, IReadOnlyList<string> lines)
    {
        var ms = new int[lines.Count];
        for (var i = 0; i < ms.Length; i++)
        {
            if (!int.TryParse(lines[i].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ms[i]))
                throw new FormatException($"{path} is no capacity trace: line {i + 1}, {TraceText.Quote(lines[i])}, is not a whole number of ms.");
            if (i > 0 && ms[i] < ms[i - 1])
                throw new FormatException($"{path} is no capacity trace: line {i + 1} goes back in time, from {ms[i - 1]} to {ms[i]} ms.");
        }

        return ms is [.., > 0] ? new CapacityTrace(path, ms) : throw new FormatException($"{path} is no capacity trace: it lasts no time.");
    }

    /// <summary>The first opportunity at or after an instant since the start, zero or later; counted on through all repetitions.</summary>
    public long FirstFrom(TimeSpan at)
    {
        // The last instant of one repetition and the first of the next are the same one: it is looked up as the last.
        if (at <= TimeSpan.Zero) return 0;
        var cycle = (at.Ticks - 1) / Length.Ticks;
        var into = at.Ticks - (cycle * Length.Ticks);
        var ms = (int)((into + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
        var first = _firstFrom[ms >> _entryBits];
        while (_ms[first] < ms) first++;
        return (cycle * _ms.Length) + first;
    }

    /// <summary>When an opportunity comes, since the start.</summary>
    public TimeSpan At(long opportunity) =>
        TimeSpan.FromTicks((opportunity / _ms.Length * Length.Ticks) + (_ms[opportunity % _ms.Length] * TimeSpan.TicksPerMillisecond));
}
