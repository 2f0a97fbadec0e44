namespace PdDevice.Core.Links;

/// <summary>
/// Measured round trips: a CSV file whose header names the columns PINGAVG, PINGMIN, PINGMAX and PINGSTDEV (ms) and
/// PINGLOSS (percent), among others and in any order, as in the 5G data set of Raca et al. (MMSys 2020). Rows without any
/// (<c>-</c>) are skipped. One row is in force for <see cref="Hold"/>, chosen by seed and time alone.
/// </summary>
public sealed class RoundTripTrace
{
    /// <summary>A row sums up five pings, and ping sends one a second.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    private static readonly string[] Columns = ["PINGAVG", "PINGMIN", "PINGMAX", "PINGSTDEV", "PINGLOSS"];

    private RoundTripTrace(string path, IReadOnlyList<Pings> rows) => (Path, Rows) = (path, rows);

    /// <summary>Where it was read from, as given.</summary>
    public string Path { get; }

    /// <summary>At least one.</summary>
    public IReadOnlyList<Pings> Rows { get; }

    /// <summary>The longest round trip of all.</summary>
    public TimeSpan Longest => TimeSpan.FromMilliseconds(Rows.Max(row => row.MaxMs));

    /// <param name="path">For messages.</param>
    /// <param name="lines">What stands in it.</param>
    /// <exception cref="FormatException">It is no such file. One sentence that names file and line.</exception>
    public static RoundTripTrace Parse(string path, IReadOnlyList<string> lines)
    {
        var header = lines.Count == 0 ? [] : lines[0].Split(',', StringSplitOptions.TrimEntries);
        var columns = Columns.Select(name => Array.IndexOf(header, name)).ToArray();
        var missing = Columns.Where((_, i) => columns[i] < 0).ToArray();
        if (missing.Length > 0) throw new FormatException($"{path} holds no round trips: its first line names no column {string.Join(", ", missing)}.");

        var rows = new List<Pings>();
        for (var i = 1; i < lines.Count; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            var cells = lines[i].Split(',', StringSplitOptions.TrimEntries);
            if (columns.Any(column => column >= cells.Length)) throw new FormatException($"{path}: line {i + 1} has fewer columns than the header.");
            if (columns.All(column => cells[column] is "-" or "")) continue;
            rows.Add(Row([.. columns.Select(column => cells[column])]) ?? throw new FormatException(
                $"{path}: line {i + 1} says {TraceText.Quote(string.Join(',', columns.Select(column => cells[column])))}; line {i + 1} needs {string.Join(", ", Columns)} with 0 <= min <= average <= max <= 60000 ms and a loss of 0 to 100."));
        }

        // A row that lost every ping has no times; what comes through again does so as elsewhere.
        var typical = rows.Where(row => row.Lost < 1).OrderBy(row => row.AverageMs).ToArray();
        return typical.Length > 0
            ? new RoundTripTrace(path, [.. rows.Select(row => row.Lost < 1 ? row : typical[typical.Length / 2] with { Lost = 1 })])
            : throw new FormatException($"{path} holds no round trips: every row is empty or lost all its pings.");
    }

    private static Pings? Row(string[] cells)
    {
        if (!TraceText.TryNumber(cells[4], out var loss) || loss > 100) return null;
        if (loss == 100 && cells.AsSpan(0, 4).IndexOfAnyExcept("-", "") < 0) return new Pings(0, 0, 0, 0, 1);
        return TraceText.TryNumber(cells[0], out var average) && TraceText.TryNumber(cells[1], out var min)
            && TraceText.TryNumber(cells[2], out var max) && TraceText.TryNumber(cells[3], out var deviation)
            && min <= average && average <= max && max <= 60_000
            ? new Pings(average, min, max, deviation, loss / 100)
            : null;
    }
}
