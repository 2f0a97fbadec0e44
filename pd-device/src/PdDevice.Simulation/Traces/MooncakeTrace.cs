using System.Text;
using System.Text.Json;
using PdDevice.Core.Links;

namespace PdDevice.Simulation.Traces;

/// <summary>Traces of one JSON object a line, as Mooncake's: timestamp (ms), input_length, output_length. Other members, the ids of KV blocks among them, are passed over.</summary>
internal static class MooncakeTrace
{
    private const int LongestLine = 1 << 24;

    public static IEnumerable<TraceLine> Lines(string path, TextReader reader, long before)
    {
        var text = new StringBuilder();
        for (var line = before + 1; ReadLine(path, line, reader, text); line++)
        {
            if (text.Length == 0) continue;
            yield return Parse(path, line, text.ToString());
        }
    }

    private static TraceLine Parse(string path, long line, string text)
    {
        double? at = null;
        long? prompt = null, output = null;
        try
        {
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new JsonException();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                switch (name)
                {
                    case "timestamp": at = json.GetDouble(); break;
                    case "input_length": prompt = json.GetInt64(); break;
                    case "output_length": output = json.GetInt64(); break;
                    default: json.Skip(); break;
                }
            }

            json.Read(); // throws at what follows the object: a second one would be lost
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new TraceException($"{path}: line {line} is no JSON object with numbers: {TraceText.Quote(text)}.", exception);
        }

        string[] missing = [.. new[] { ("timestamp", at is null), ("input_length", prompt is null), ("output_length", output is null) }.Where(m => m.Item2).Select(m => m.Item1)];
        if (missing.Length > 0) throw new TraceException($"{path}: line {line} lacks {string.Join(", ", missing)}.");
        return at >= 0 && TraceReader.Ticks(at.Value, TimeSpan.TicksPerMillisecond) is { } ticks
            ? new TraceLine(line, ticks, prompt!.Value, output!.Value)
            : throw new TraceException($"{path}: line {line}: timestamp is {at}; it must be a number of ms, 0 or more.");
    }

    // TextReader.ReadLine would take a file without line ends into memory whole.
    private static bool ReadLine(string path, long line, TextReader reader, StringBuilder text)
    {
        text.Clear();
        int next;
        try
        {
            while ((next = reader.Read()) is >= 0 and not '\n')
            {
                if (next != '\r') text.Append((char)next);
                if (text.Length > LongestLine) throw new TraceException($"{path}: line {line} is longer than {LongestLine >> 20} MiB.");
            }
        }
        catch (IOException exception)
        {
            throw new TraceException($"{path}: line {line} cannot be read ({exception.GetType().Name}).", exception);
        }

        return next >= 0 || text.Length > 0;
    }
}
