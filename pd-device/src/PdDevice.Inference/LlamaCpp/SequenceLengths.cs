namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// How long each sequence is, and the check of a batch against it. Every rule is checked here, before the native call:
/// llama.cpp answers some broken rules with a code and others by ending the process.
/// </summary>
internal sealed class SequenceLengths(int sequences, int contextTokens, int vocabularySize, int maxBatchTokens)
{
    private readonly int[] _lengths = new int[sequences];
    private readonly int[] _after = new int[sequences];
    private readonly bool[] _wantsLogits = new bool[sequences];
    private readonly List<int> _touched = [];

    public int this[int sequence] => _lengths[sequence];

    /// <summary>Sequences of the batch checked last.</summary>
    public IReadOnlyList<int> Touched => _touched;

    /// <exception cref="EngineException">BatchTooLarge, BadSequence, TokenOutOfRange, BadPosition or ContextFull; nothing has changed.</exception>
    public void Check(IReadOnlyList<EngineRow> rows)
    {
        if (rows.Count > maxBatchTokens)
            throw new EngineException(EngineError.BatchTooLarge, $"A batch of {rows.Count} rows is over the limit of {maxBatchTokens}; send it in parts.");
        _touched.Clear();
        Array.Fill(_after, -1);
        Array.Clear(_wantsLogits);
        for (var i = 0; i < rows.Count; i++) Check(rows[i]);
    }

    /// <summary>The checked batch was ingested.</summary>
    public void Commit()
    {
        foreach (var sequence in _touched) _lengths[sequence] = _after[sequence];
    }

    public void Set(int sequence, int length) => _lengths[sequence] = length;

    public void CheckSequence(int sequence)
    {
        if ((uint)sequence >= (uint)sequences)
            throw new EngineException(EngineError.BadSequence, $"Sequence {sequence} is outside 0 to {sequences - 1}.");
    }

    private void Check(EngineRow row)
    {
        CheckSequence(row.Sequence);
        if ((uint)row.Token >= (uint)vocabularySize)
            throw new EngineException(EngineError.TokenOutOfRange, $"Token {row.Token} is outside the vocabulary (0 to {vocabularySize - 1}).");
        ref var after = ref _after[row.Sequence];
        if (after < 0)
        {
            after = _lengths[row.Sequence];
            _touched.Add(row.Sequence);
        }

        if (row.Position != after)
            throw new EngineException(EngineError.BadPosition, $"Sequence {row.Sequence} continues at position {after}, not {row.Position}; truncate it first to go back.");
        if (row.Position >= contextTokens)
            throw new EngineException(EngineError.ContextFull, $"Sequence {row.Sequence} is full: the context holds {contextTokens} tokens. Shorten the prompt or raise the context (--context).");
        after++;
        if (!row.WantLogits) return;
        if (_wantsLogits[row.Sequence])
            throw new EngineException(EngineError.BadSequence, $"Two rows of sequence {row.Sequence} ask for logits; one a batch may.");
        _wantsLogits[row.Sequence] = true;
    }
}
