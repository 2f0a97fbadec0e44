using System.Globalization;

namespace PdDevice.Device.Link;

/// <summary>
/// Measured round trips: a CSV file whose header names the columns PINGAVG, PINGMIN, PINGMAX and PINGSTDEV (ms) and
/// PINGLOSS (percent), among others and in any order, as in the 5G data set of Raca et al. (MMSys 2020). A row sums up a
/// few pings; rows without any (<c>-</c>) are skipped.
/// </summary>
public sealed class RoundTripTrace
{
    private static readonly string[] Columns = ["PINGAVG", "PINGMIN", "PINGMAX", "PINGSTDEV", "PINGLOSS"];

    private RoundTripTrace(string path, IReadOnlyList<Pings> rows) => (Path, Rows) = (path, rows);

    /// <summary>Where it was read from, as given.</summary>
    public string Path { get; }

    /// <summary>The longest round trip of all.</summary>
    public TimeSpan Longest => TimeSpan.FromMilliseconds(Rows.Max(row => row.MaxMs));

    internal IReadOnlyList<Pings> Rows { get; }

    /// <exception cref="FormatException">It is no such file, or cannot be read. One sentence that names file and line.</exception>
    public static RoundTripTrace Read(string path)
    {
        var lines = TraceFile.Lines(path);
        var header = lines.Length == 0 ? [] : lines[0].Split(',', StringSplitOptions.TrimEntries);
        var columns = Columns.Select(name => Array.IndexOf(header, name)).ToArray();
        var missing = Columns.Where((_, i) => columns[i] < 0).ToArray();
        if (missing.Length > 0) throw new FormatException($"{path} holds no round trips: its first line names no column {string.Join(", ", missing)}.");

        var rows = new List<Pings?>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            var cells = lines[i].Split(',', StringSplitOptions.TrimEntries);
            if (columns.Any(column => column >= cells.Length)) throw new FormatException($"{path}: line {i + 1} has fewer columns than the header.");
            if (columns.All(column => cells[column] is "-" or "")) continue;
            rows.Add(Row([.. columns.Select(column => cells[column])]) ?? throw new FormatException(
                $"{path}: line {i + 1} says {TraceFile.Quote(string.Join(',', columns.Select(column => cells[column])))}; needed are {string.Join(", ", Columns)} with 0 <= min <= average <= max <= 60000 ms and a loss of 0 to 100."));
        }

        // A row that lost every ping has no times; what comes through again does so as elsewhere.
        var typical = rows.Where(row => row is { Lost: < 1 }).OrderBy(row => row!.AverageMs).ToArray();
        return typical.Length > 0
            ? new RoundTripTrace(path, [.. rows.Select(row => row is { Lost: < 1 } pings ? pings : typical[typical.Length / 2]! with { Lost = 1 })])
            : throw new FormatException($"{path} holds no round trips: every row is empty or lost all its pings.");
    }

    private static Pings? Row(string[] cells)
    {
        if (!TryNumber(cells[4], out var loss) || loss > 100) return null;
        if (loss == 100 && cells.AsSpan(0, 4).IndexOfAnyExcept("-", "") < 0) return new Pings(0, 0, 0, 0, 1);
        return TryNumber(cells[0], out var average) && TryNumber(cells[1], out var min) && TryNumber(cells[2], out var max) && TryNumber(cells[3], out var deviation)
            && min <= average && average <= max && max <= 60_000
            ? new Pings(average, min, max, deviation, loss / 100)
            : null;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <param name="AverageMs">Mean round trip.</param>
    /// <param name="MinMs">Shortest.</param>
    /// <param name="MaxMs">Longest.</param>
    /// <param name="DeviationMs">Standard deviation.</param>
    /// <param name="Lost">Share lost, 0 to 1.</param>
    internal sealed record Pings(double AverageMs, double MinMs, double MaxMs, double DeviationMs, double Lost);
}
