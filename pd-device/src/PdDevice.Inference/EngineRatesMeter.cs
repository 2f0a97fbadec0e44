using PdDevice.Core.Planning;

namespace PdDevice.Inference;

/// <summary>Measures an engine in about a second, so that plans rest on this machine and not on a guess.</summary>
public static class EngineRatesMeter
{
    private const int MostPrefill = 128;
    private const int MostDecode = 8;

    /// <summary>Ingests a text and decodes after it, in sequence 0, which is empty afterwards. The first call is not counted: it warms up.</summary>
    public static async Task<EngineRates> MeasureAsync(IEngine engine, TimeProvider time, CancellationToken cancellationToken)
    {
        // A small context or batch is measured with what it holds.
        var prefillTokens = Math.Min(Math.Min(MostPrefill, engine.MaxBatchTokens), engine.ContextTokens / 2);
        var decodeSteps = Math.Min(MostDecode, prefillTokens);
        var text = string.Join(' ', Enumerable.Range(0, 4 * prefillTokens).Select(i => $"word {i},"));
        var tokens = engine.Tokenizer.Encode(text).AsMemory(0, prefillTokens);
        var batch = new EngineBatch();
        await RunAsync(tokens[..8], 0, RowKind.Prefill);
        await engine.TruncateAsync(0, 0, cancellationToken);

        var start = time.GetTimestamp();
        await RunAsync(tokens, 0, RowKind.Prefill);
        var prefill = time.GetElapsedTime(start);

        start = time.GetTimestamp();
        for (var i = 0; i < decodeSteps; i++) await RunAsync(tokens.Slice(i, 1), prefillTokens + i, RowKind.Decode);
        var decode = time.GetElapsedTime(start);
        await engine.TruncateAsync(0, 0, cancellationToken);

        // An engine that takes no time (a scripted one) is as fast as a clock can tell.
        var tick = TimeSpan.FromMicroseconds(1);
        return new EngineRates(
            prefillTokens / (prefill > tick ? prefill : tick).TotalSeconds,
            decodeSteps / (decode > tick ? decode : tick).TotalSeconds);

        ValueTask RunAsync(ReadOnlyMemory<int> part, int position, RowKind kind)
        {
            batch.Clear();
            batch.AddRange(part.Span, position, 0, kind, true);
            return engine.ForwardAsync(batch, cancellationToken);
        }
    }
}
