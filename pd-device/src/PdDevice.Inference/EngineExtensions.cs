namespace PdDevice.Inference;

/// <summary>What every user of an engine does.</summary>
public static class EngineExtensions
{
    /// <summary>Ingests known tokens of one sequence in chunks; cancellation is seen between chunks.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="batch">Cleared and used for each chunk; holds the last chunk afterwards.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The tokens, in order.</param>
    /// <param name="position">The position of the first; where the sequence ends.</param>
    /// <param name="chunk">Tokens a call, 1 to <see cref="IEngine.MaxBatchTokens"/>.</param>
    /// <param name="wantLogits">Whether the logits after the last token are needed.</param>
    /// <param name="cancellationToken">Stops before the next chunk; the chunks before stay ingested.</param>
    /// <returns>The last token's row in the batch; -1 when there were no tokens.</returns>
    /// <exception cref="EngineException">A chunk was refused; the chunks before it stay ingested.</exception>
    public static async ValueTask<int> PrefillAsync(
        this IEngine engine,
        EngineBatch batch,
        int sequence,
        ReadOnlyMemory<int> tokens,
        int position,
        int chunk,
        bool wantLogits,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk, engine.MaxBatchTokens);
        batch.Clear();
        var last = -1;
        for (var start = 0; start < tokens.Length; start += chunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = tokens.Slice(start, Math.Min(chunk, tokens.Length - start));
            var ends = start + part.Length == tokens.Length;
            batch.Clear();
            last = batch.AddRange(part.Span, position + start, sequence, RowKind.Prefill, wantLogits && ends);
            await engine.ForwardAsync(batch, cancellationToken);
        }

        return last;
    }
}
