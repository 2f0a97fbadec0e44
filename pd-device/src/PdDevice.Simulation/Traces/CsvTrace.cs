using System.Globalization;
using CsvHelper;
using PdDevice.Core.Links;

namespace PdDevice.Simulation.Traces;

/// <summary>Traces with a header line: Azure's columns, or the plain ones.</summary>
internal static class CsvTrace
{
    private const int LongestLine = 1 << 16;

    private static readonly string[] Azure = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];
    private static readonly string[] Plain = ["seconds", "prompt_tokens", "output_tokens"];

    public static IEnumerable<TraceLine> Lines(string path, TextReader reader, long before)
    {
        using var csv = CsvReader.Create(reader, new CsvReaderOptions { Separator = ',', TrimWhitespace = true, TrackLineNumbers = true, MaxRecordSize = LongestLine }, true);
        var header = Reading(path, csv, before, () => csv.Headers.ToArray());
        if (header.Length == 0) throw new TraceException($"{path} is empty.");
        var names = header.Contains(Azure[0], StringComparer.OrdinalIgnoreCase) ? Azure : Plain;
        var columns = names.Select(name => Array.FindIndex(header, column => column.Equals(name, StringComparison.OrdinalIgnoreCase))).ToArray();
        var missing = names.Where((_, i) => columns[i] < 0).ToArray();
        if (missing.Length > 0)
        {
            throw new TraceException(
                $"{path}: line {before + 1} names no column {string.Join(", ", missing)}. Known headers: {string.Join(',', Azure)} and {string.Join(',', Plain)}; or JSON lines as Mooncake's.");
        }

        while (Reading(path, csv, before, csv.Read))
        {
            var line = before + csv.LineNumber;
            if (csv.FieldCount <= columns.Max()) throw new TraceException($"{path}: line {line} has {csv.FieldCount} columns; the header has {header.Length}.");
            yield return new TraceLine(
                line, names == Azure ? Date(path, line, csv.GetString(columns[0])) : Seconds(path, line, csv.GetString(columns[0])),
                Tokens(path, line, names[1], csv.GetString(columns[1])), Tokens(path, line, names[2], csv.GetString(columns[2])));
        }
    }

    private static T Reading<T>(string path, CsvReader csv, long before, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is CsvFormatException or IOException or InvalidDataException)
        {
            throw new TraceException($"{path}: line {before + csv.LineNumber + 1} cannot be read: {exception.GetType().Name}; a line has at most {LongestLine} bytes.", exception);
        }
    }

    private static long Date(string path, long line, string text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
            ? date.Ticks
            : throw new TraceException($"{path}: line {line}: TIMESTAMP is {TraceText.Quote(text)}, which is no date and time.");

    private static long Seconds(string path, long line, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 0 && TraceReader.Ticks(number, TimeSpan.TicksPerSecond) is { } ticks
            ? ticks
            : throw new TraceException($"{path}: line {line}: seconds is {TraceText.Quote(text)}; it must be a number of 0 or more.");

    private static long Tokens(string path, long line, string name, string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var tokens)
            ? tokens
            : throw new TraceException($"{path}: line {line}: {name} is {TraceText.Quote(text)}; it must be a whole number.");
}
