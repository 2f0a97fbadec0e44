using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Evaluation.Runs;

/// <summary>
/// One sequence of an engine and what it holds. A prompt that begins like the one before reuses its KV: so the hybrids of a
/// prompt share its raw beginning, and nothing is copied.
/// </summary>
internal sealed class EvalSequence(IEngine engine)
{
    private readonly EngineBatch _batch = new();
    private readonly List<int> _held = [];
    private int _row;

    /// <summary>Logits after what it holds.</summary>
    public ReadOnlySpan<float> Logits => _batch.Logits(_row);

    /// <summary>The likeliest next token; the lowest id on a tie.</summary>
    public int Best => TokenLogprobs.Of(Logits, 0, 1).Top[0].Id;

    public int Length => _held.Count;

    /// <summary>Ingests a prompt, at least one token, after what it has in common with what is held.</summary>
    public async Task HoldAsync(int[] tokens, CancellationToken cancellationToken)
    {
        var common = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held).CommonPrefixLength(tokens);
        await CutAsync(Math.Min(common, tokens.Length - 1), cancellationToken);
        var from = _held.Count;
        _row = await engine.PrefillAsync(_batch, 0, tokens.AsMemory(from), from, engine.MaxBatchTokens, wantLogits: true, cancellationToken);
        _held.AddRange(tokens.AsSpan(from));
    }

    /// <summary>Ingests a prompt from its start and reads what its last queries attend to.</summary>
    public async Task<AttentionScores> CaptureAsync(int[] tokens, int queries, int layerStep, CancellationToken cancellationToken)
    {
        await CutAsync(0, cancellationToken);
        var last = Math.Min(queries, tokens.Length);
        if (tokens.Length > last) await HoldAsync(tokens[..^last], cancellationToken);
        _batch.Clear();
        _batch.Capture(new AttentionCapture(0, last, layerStep));
        _row = _batch.AddRange(tokens.AsSpan(^last..), tokens.Length - last, 0, RowKind.Prefill, wantLogits: true);
        await engine.ForwardAsync(_batch, cancellationToken);
        _held.AddRange(tokens.AsSpan(^last..));
        return _batch.Captured(0) ?? throw new EngineException(EngineError.Failed, "The engine gave no attention. Choose selectors that need none (--selectors uniform,recency,random).");
    }

    /// <summary>Ingests one token of the answer.</summary>
    public async Task StepAsync(int token, CancellationToken cancellationToken)
    {
        _batch.Clear();
        _row = _batch.Add(new EngineRow(token, _held.Count, 0, RowKind.Decode, WantLogits: true));
        await engine.ForwardAsync(_batch, cancellationToken);
        _held.Add(token);
    }

    /// <summary>Forgets what comes after so many tokens.</summary>
    public async Task CutAsync(int length, CancellationToken cancellationToken)
    {
        if (length >= _held.Count) return;
        await engine.TruncateAsync(0, length, cancellationToken);
        _held.RemoveRange(length, _held.Count - length);
    }
}
