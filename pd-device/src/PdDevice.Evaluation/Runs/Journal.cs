using System.Text.Json;

namespace PdDevice.Evaluation.Runs;

/// <summary>
/// What has been measured so far, a line of JSON for each prompt, only ever appended to. A run that was interrupted reads it
/// and goes on; lines of other runs (other models, seeds or options) are left alone, and so is a last line that is torn.
/// </summary>
public sealed class Journal(string file, string key)
{
    /// <summary>Results of this run by the prompt's number.</summary>
    public IReadOnlyDictionary<int, PromptResult> Read()
    {
        var results = new Dictionary<int, PromptResult>();
        if (!File.Exists(file)) return results;
        foreach (var line in File.ReadLines(file))
            if (Parse(line) is { } result && result.Key == key)
                results[result.Number] = result;
        return results;
    }

    /// <summary>Writes a line and has it on its way to the disk before it returns.</summary>
    public void Append(PromptResult result)
    {
        using var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (stream.Length > 0)
        {
            stream.Seek(-1, SeekOrigin.End);
            if (stream.ReadByte() != '\n') stream.WriteByte((byte)'\n'); // a torn line ends here, or this one would be lost with it
        }

        JsonSerializer.Serialize(stream, result, JournalJson.Default.PromptResult);
        stream.WriteByte((byte)'\n');
    }

    private static PromptResult? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, JournalJson.Default.PromptResult);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
