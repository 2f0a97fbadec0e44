namespace PdDevice.Simulation.Traces;

/// <summary>One request of a trace.</summary>
/// <param name="At">When it comes, ticks since the trace's first request.</param>
/// <param name="PromptTokens">N, 1 to <see cref="MostTokens"/>.</param>
/// <param name="OutputTokens">L, 1 to <see cref="MostTokens"/>. Known to the world only: no policy sees it before the answer has ended.</param>
public readonly record struct TraceRequest(long At, int PromptTokens, int OutputTokens)
{
    /// <summary>No prompt or answer is longer; a larger number was named by mistake.</summary>
    public const int MostTokens = 10_000_000;
}

/// <summary>A trace that cannot be used: one sentence that names the file and the line, and says what is wrong.</summary>
public sealed class TraceException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What was met in a trace that needed handling; each is printed with the results.</summary>
public sealed class TraceNotes
{
    /// <summary>Requests read, the skipped ones not among them.</summary>
    public long Requests { get; internal set; }

    /// <summary>Lines skipped because prompt or answer has no token.</summary>
    public long Empty { get; internal set; }

    /// <summary>Lines up to a second earlier than the one before, taken to come with it.</summary>
    public long OutOfOrder { get; internal set; }
}
