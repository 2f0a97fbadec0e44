using PdDevice.Core.Refinement;

namespace PdDevice.Inference;

/// <summary>Why a row is in a batch. A real engine treats both alike; a paced one charges them differently.</summary>
public enum RowKind
{
    /// <summary>A known token: of the prompt, or one that came from elsewhere.</summary>
    Prefill,

    /// <summary>A token this engine has just produced, ingested to produce the next.</summary>
    Decode,
}

/// <summary>One row: a token at a position of a sequence.</summary>
/// <param name="Token">Token id, 0 to vocabulary size - 1.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Sequence">Sequence number, from 0.</param>
/// <param name="Kind">Prefill or decode.</param>
/// <param name="WantLogits">Whether the logits after this row are needed. At most one row per sequence may ask.</param>
public readonly record struct EngineRow(int Token, int Position, int Sequence, RowKind Kind, bool WantLogits);

/// <summary>Rows for one engine call and the logits it gave back. Reused between calls; owned by the caller.</summary>
public sealed class EngineBatch
{
    private readonly List<EngineRow> _rows = [];
    private readonly Dictionary<int, RowLogits> _logits = [];
    private readonly Stack<float[]> _spare = [];
    private readonly List<AttentionCapture> _captures = [];
    private readonly Dictionary<int, AttentionScores> _captured = [];

    public IReadOnlyList<EngineRow> Rows => _rows;

    public int Count => _rows.Count;

    public void Clear()
    {
        _rows.Clear();
        foreach (var logits in _logits.Values)
            if (logits.Own is { } buffer)
                _spare.Push(buffer);
        _logits.Clear();
        _captures.Clear();
        ForgetCaptured();
    }

    /// <summary>Attention to read while this batch runs, one at most per sequence. Empty costs nothing.</summary>
    public IReadOnlyList<AttentionCapture> Captures => _captures;

    /// <summary>Asks for attention; only of engines whose <see cref="IEngine.OffersAttention"/> is true.</summary>
    public void Capture(AttentionCapture capture) => _captures.Add(capture);

    /// <summary>What was captured of a sequence in the last run; null where nothing was asked for.</summary>
    public AttentionScores? Captured(int sequence) => _captured.GetValueOrDefault(sequence);

    /// <summary>Of the last run's time, what the engine took to capture, as far as it says.</summary>
    public TimeSpan CaptureTime { get; private set; }

    /// <summary>For engines: hands over what was captured.</summary>
    public void SetCaptured(int sequence, AttentionScores scores) => _captured[sequence] = scores;

    /// <summary>For engines: what was captured before is gone; called before each run.</summary>
    internal void ForgetCaptured()
    {
        _captured.Clear();
        CaptureTime = TimeSpan.Zero;
    }

    /// <summary>For engines that know: how long capturing took.</summary>
    internal void SetCaptureTime(TimeSpan time) => CaptureTime = time;

    /// <summary>Adds a row and returns its number, with which <see cref="Logits"/> is asked afterwards.</summary>
    public int Add(EngineRow row)
    {
        _rows.Add(row);
        return _rows.Count - 1;
    }

    /// <summary>Adds consecutive tokens of one sequence; the last asks for logits when wanted. Returns the last row's number.</summary>
    public int AddRange(ReadOnlySpan<int> tokens, int position, int sequence, RowKind kind, bool wantLogits)
    {
        for (var i = 0; i < tokens.Length; i++)
            Add(new EngineRow(tokens[i], position + i, sequence, kind, wantLogits && i == tokens.Length - 1));
        return _rows.Count - 1;
    }

    /// <summary>
    /// Logits after a row, one per vocabulary entry. Valid until the batch is cleared, the engine is called again with any
    /// batch, or the engine is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The row did not ask for logits, the batch was not run, or its logits are no longer valid.</exception>
    public unsafe ReadOnlySpan<float> Logits(int row)
    {
        if (!_logits.TryGetValue(row, out var logits)) throw new InvalidOperationException($"Row {row} has no logits.");
        return logits.Own ?? new ReadOnlySpan<float>((void*)logits.Lent, logits.Length);
    }

    /// <summary>For engines: the buffer to write a row's logits into.</summary>
    public Span<float> LogitsBuffer(int row, int vocabularySize)
    {
        if (_logits.TryGetValue(row, out var logits) && logits.Own is { } own) return own;
        var buffer = _spare.TryPop(out var spare) && spare.Length == vocabularySize ? spare : new float[vocabularySize];
        _logits[row] = new RowLogits(buffer, 0, vocabularySize);
        return buffer;
    }

    /// <summary>For engines whose logits lie in native memory: lends them where they are, to be taken back before they move or go.</summary>
    internal unsafe void Lend(int row, float* logits, int vocabularySize) => _logits[row] = new RowLogits(null, (nint)logits, vocabularySize);

    /// <summary>Nothing that was lent can be read any more.</summary>
    internal void TakeBack()
    {
        foreach (var (row, logits) in _logits)
            if (logits.Own is null)
                _logits.Remove(row);
    }

    // A copy would cost about a hundredth of a decode step, more than all else the engine's wrapper does.
    private readonly record struct RowLogits(float[]? Own, nint Lent, int Length);
}
