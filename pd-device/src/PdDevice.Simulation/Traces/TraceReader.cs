namespace PdDevice.Simulation.Traces;

/// <summary>
/// Reads a trace of any of three kinds, told apart by its first line, one request at a time: memory does not grow with the
/// file. Azure's CSV (TIMESTAMP, ContextTokens, GeneratedTokens), Mooncake's JSON lines (timestamp in ms, input_length,
/// output_length), and plain CSV with a header that names <c>seconds</c>, <c>prompt_tokens</c> and <c>output_tokens</c>.
/// </summary>
public static class TraceReader
{
    private const long LargestStepBack = TimeSpan.TicksPerSecond;

    /// <summary>The requests, in order of arrival.</summary>
    /// <param name="path">The file.</param>
    /// <param name="notes">Counts what was met; null where nobody asks.</param>
    /// <exception cref="TraceException">The file cannot be read or holds no trace; thrown when the line at fault is reached.</exception>
    public static IEnumerable<TraceRequest> Read(string path, TraceNotes? notes = null)
    {
        notes ??= new TraceNotes();
        using var reader = Open(path);
        long? origin = null;
        var last = 0L;
        foreach (var (line, at, prompt, output) in Lines(path, reader))
        {
            if (prompt is < 0 or > TraceRequest.MostTokens || output is < 0 or > TraceRequest.MostTokens)
                throw new TraceException($"{path}: line {line} has a prompt of {prompt} and an output of {output} tokens; each must be 0 to {TraceRequest.MostTokens}.");
            if (prompt == 0 || output == 0)
            {
                notes.Empty++;
                continue;
            }

            var since = at - (origin ??= at);
            if (since < last - LargestStepBack)
            {
                throw new TraceException(FormattableString.Invariant(
                    $"{path}: line {line} is {TimeSpan.FromTicks(last - since).TotalSeconds:F3} s earlier than the one before. Sort the trace by time."));
            }

            if (since < last)
            {
                notes.OutOfOrder++;
                since = last;
            }

            last = since;
            notes.Requests++;
            yield return new TraceRequest(since, (int)prompt, (int)output);
        }

        if (notes.Requests == 0) throw new TraceException($"{path} holds no request.");
    }

    /// <summary>A time in ticks from a number of some unit.</summary>
    internal static long? Ticks(double number, long unit) =>
        double.IsFinite(number) && Math.Abs(number) < 1e15 && Math.Abs(number * unit) < 1e18 ? (long)Math.Round(number * unit) : null;

    private static IEnumerable<TraceLine> Lines(string path, TextReader reader)
    {
        var before = 0L; // empty lines that stand before the first one
        while (reader.Peek() is var next and >= 0 && (char.IsWhiteSpace((char)next) || next == 0xFEFF))
            if (reader.Read() == '\n')
                before++;
        return reader.Peek() == '{' ? MooncakeTrace.Lines(path, reader, before) : CsvTrace.Lines(path, reader, before);
    }

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path, new FileStreamOptions { BufferSize = 1 << 16 });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TraceException($"{path} cannot be read ({exception.GetType().Name}).", exception);
        }
    }
}

/// <summary>A line as it stands: not yet held against the rules that all kinds share.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="At">Ticks since any origin.</param>
/// <param name="Prompt">Tokens.</param>
/// <param name="Output">Tokens.</param>
internal readonly record struct TraceLine(long Line, long At, long Prompt, long Output);
