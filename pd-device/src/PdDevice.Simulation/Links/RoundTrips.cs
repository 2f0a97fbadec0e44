using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Links;

/// <summary>
/// Round trips: constant, or drawn from measured ones, a CSV file with the columns PINGAVG, PINGMIN, PINGMAX, PINGSTDEV
/// (ms) and PINGLOSS (percent) as in the 5G data set of Raca et al. (MMSys 2020). Rows without pings are skipped. A row is
/// in force for <see cref="Hold"/>, chosen by seed and time alone; each piece of data draws a normal round trip from its
/// mean and deviation, kept within its shortest and longest, and may be lost by its share. As the live emulator does it.
/// </summary>
public sealed class RoundTrips
{
    /// <summary>A row of such a file sums up five pings, and ping sends one a second. Ticks.</summary>
    private const long Hold = 5 * TimeSpan.TicksPerSecond;

    private static readonly string[] Columns = ["PINGAVG", "PINGMIN", "PINGMAX", "PINGSTDEV", "PINGLOSS"];

    private readonly Pings[] _rows;

    private RoundTrips(string text, Pings[] rows) => (Text, _rows) = (text, rows);

    /// <summary>As a person would type it, a file without its folder.</summary>
    public string Text { get; }

    /// <summary>Mean round trip, ticks.</summary>
    public long Mean => (long)(_rows.Average(row => row.Average) * TimeSpan.TicksPerMillisecond);

    public static RoundTrips Of(string text, TimeSpan time) =>
        new(text, [new Pings(time.TotalMilliseconds, time.TotalMilliseconds, time.TotalMilliseconds, 0, 0)]);

    /// <exception cref="FormatException">It is no such file. One sentence that names file and line.</exception>
    public static RoundTrips Read(string path)
    {
        var lines = LinkFiles.Lines(path);
        var header = lines.Length == 0 ? [] : lines[0].Split(',', StringSplitOptions.TrimEntries);
        var columns = Columns.Select(name => Array.IndexOf(header, name)).ToArray();
        var missing = Columns.Where((_, i) => columns[i] < 0).ToArray();
        if (missing.Length > 0) throw new FormatException($"{path} holds no round trips: its first line names no column {string.Join(", ", missing)}.");

        var rows = new List<Pings>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            var cells = lines[i].Split(',', StringSplitOptions.TrimEntries);
            if (columns.Any(column => column >= cells.Length)) throw new FormatException($"{path}: line {i + 1} has fewer columns than the header.");
            if (columns.All(column => cells[column] is "-" or "")) continue;
            rows.Add(Row([.. columns.Select(column => cells[column])]) ?? throw new FormatException(
                $"{path}: line {i + 1} needs {string.Join(", ", Columns)} with 0 <= min <= average <= max <= 60000 ms and a loss of 0 to 100."));
        }

        // A row that lost every ping has no times; what comes through again does so as elsewhere.
        var typical = rows.Where(row => row.Lost < 1).OrderBy(row => row.Average).ToArray();
        return typical.Length > 0
            ? new RoundTrips(Path.GetFileName(path), [.. rows.Select(row => row.Lost < 1 ? row : typical[typical.Length / 2] with { Lost = 1 })])
            : throw new FormatException($"{path} holds no round trips: every row is empty or lost all its pings.");
    }

    /// <summary>Whether all are the same and none is lost.</summary>
    public bool Constant => _rows.Length == 1;

    /// <summary>A round trip at an instant, ticks.</summary>
    internal long Draw(ulong seed, long at, ref SeededRandom random)
    {
        var row = InForce(seed, at);
        var ms = row.Deviation == 0 ? row.Average : Math.Clamp(row.Average + (random.NextNormal() * row.Deviation), row.Min, row.Max);
        return (long)(ms * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>The mean round trip in force at an instant, ticks, and the share of packets lost one way: a ping is lost when either way loses it.</summary>
    internal (long Mean, double LostOneWay) At(ulong seed, long at)
    {
        var row = InForce(seed, at);
        return ((long)(row.Average * TimeSpan.TicksPerMillisecond), row.Lost == 0 ? 0 : 1 - Math.Sqrt(1 - row.Lost));
    }

    private Pings InForce(ulong seed, long at)
    {
        if (_rows.Length == 1) return _rows[0];
        var random = SeededRandom.For(seed, at / Hold);
        return _rows[random.NextBelow(_rows.Length)];
    }

    private static Pings? Row(string[] cells)
    {
        if (!LinkFiles.TryNumber(cells[4], out var loss) || loss > 100) return null;
        if (loss == 100 && cells.AsSpan(0, 4).IndexOfAnyExcept("-", "") < 0) return new Pings(0, 0, 0, 0, 1);
        return LinkFiles.TryNumber(cells[0], out var average) && LinkFiles.TryNumber(cells[1], out var min)
            && LinkFiles.TryNumber(cells[2], out var max) && LinkFiles.TryNumber(cells[3], out var deviation)
            && min <= average && average <= max && max <= 60_000
            ? new Pings(average, min, max, deviation, loss / 100)
            : null;
    }

    private readonly record struct Pings(double Average, double Min, double Max, double Deviation, double Lost);
}
