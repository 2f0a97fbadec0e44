namespace PdDevice.Core.Planning.Fleet;

/// <summary>Requests of about the same size.</summary>
/// <param name="Share">Of all requests, above 0 to 1.</param>
/// <param name="PromptTokens">Their mean, rounded, at least 1.</param>
/// <param name="OutputTokens">Their mean, rounded, at least 1.</param>
public readonly record struct TraceCell(double Share, int PromptTokens, int OutputTokens);

/// <summary>
/// What a fleet is planned for: how many requests of which size arrive. Fed request by request; memory does not grow with
/// the trace, for requests are kept as counts and sums per cell, prompts and outputs in half octaves each. Lengths of
/// answers are known here because a trace lies in the past; the policies do not see them.
/// </summary>
public sealed class TraceSummary
{
    private const int PerOctave = 2;
    private readonly SortedDictionary<(int Prompt, int Output), (long Count, double Prompt, double Output)> _cells = [];

    public long Requests { get; private set; }

    /// <summary>Takes a request in.</summary>
    /// <param name="promptTokens">At least 1.</param>
    /// <param name="outputTokens">At least 1.</param>
    public void Add(int promptTokens, int outputTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputTokens, 1);
        var key = (Bucket(promptTokens), Bucket(outputTokens));
        var cell = _cells.GetValueOrDefault(key);
        _cells[key] = (cell.Count + 1, cell.Prompt + promptTokens, cell.Output + outputTokens);
        Requests++;
    }

    /// <summary>The cells that hold requests, by size; their shares add up to 1.</summary>
    public IReadOnlyList<TraceCell> Cells() =>
        [.. _cells.Values.Select(cell => new TraceCell(
            (double)cell.Count / Requests, (int)Math.Round(cell.Prompt / cell.Count), (int)Math.Round(cell.Output / cell.Count)))];

    private static int Bucket(int tokens) => (int)Math.Floor(Math.Log2(tokens) * PerOctave);
}
