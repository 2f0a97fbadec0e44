using PdDevice.Core.Planning;

namespace PdDevice.Inference;

/// <summary>Measures an engine in about a second, so that plans rest on this machine and not on a guess.</summary>
public static class EngineRatesMeter
{
    private const int PrefillTokens = 128;
    private const int DecodeSteps = 8;

    /// <summary>Ingests a text and decodes after it, in sequence 0, which is empty afterwards. The first call is not counted: it warms up.</summary>
    public static async Task<EngineRates> MeasureAsync(IEngine engine, TimeProvider time, CancellationToken cancellationToken)
    {
        var text = string.Join(' ', Enumerable.Range(0, 4 * PrefillTokens).Select(i => $"word {i},"));
        var tokens = engine.Tokenizer.Encode(text).AsMemory(0, PrefillTokens);
        var batch = new EngineBatch();
        await RunAsync(tokens[..8], 0, RowKind.Prefill);
        await engine.TruncateAsync(0, 0, cancellationToken);

        var start = time.GetTimestamp();
        await RunAsync(tokens, 0, RowKind.Prefill);
        var prefill = time.GetElapsedTime(start);

        start = time.GetTimestamp();
        for (var i = 0; i < DecodeSteps; i++) await RunAsync(tokens.Slice(i, 1), PrefillTokens + i, RowKind.Decode);
        var decode = time.GetElapsedTime(start);
        await engine.TruncateAsync(0, 0, cancellationToken);

        // An engine that takes no time (a scripted one) is as fast as a clock can tell.
        var tick = TimeSpan.FromMicroseconds(1);
        return new EngineRates(
            PrefillTokens / (prefill > tick ? prefill : tick).TotalSeconds,
            DecodeSteps / (decode > tick ? decode : tick).TotalSeconds);

        ValueTask RunAsync(ReadOnlyMemory<int> part, int position, RowKind kind)
        {
            batch.Clear();
            batch.AddRange(part.Span, position, 0, kind, true);
            return engine.ForwardAsync(batch, cancellationToken);
        }
    }
}
