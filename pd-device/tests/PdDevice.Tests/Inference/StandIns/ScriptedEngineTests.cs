using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Inference.StandIns;

/// <summary>The engine that shows a wrong, lost or doubled token in all that follows.</summary>
public sealed class ScriptedEngineTests
{
    private static readonly Arbitrary<int[]> Tokens = Gen.Choose(0, 294).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();

    [Fact]
    public void ForwardAsync_OneTokenWrongLostOrDoubled_ChangesTheLogits() =>
        Prop.ForAll(Tokens, Gen.Choose(0, 1000).ToArbitrary(), Gen.Choose(1, 294).ToArbitrary(), (tokens, where, shift) =>
        {
            var at = where % tokens.Length;
            var expected = Logits(tokens);
            Assert.Equal(expected, Logits(tokens));
            Assert.NotEqual(expected, Logits([.. tokens[..at], (tokens[at] + shift) % 295, .. tokens[(at + 1)..]]));
            Assert.NotEqual(expected, Logits([.. tokens[..at], tokens[at], .. tokens[at..]]));
            if (tokens.Length > 1) Assert.NotEqual(expected, Logits([.. tokens[..at], .. tokens[(at + 1)..]]));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Capture_AnyTokens_WeightsSumToOneAndHangOnEveryToken() =>
        Prop.ForAll(Tokens, Gen.Choose(0, 1000).ToArbitrary(), (tokens, where) =>
        {
            var scores = Capture(tokens);
            Assert.Equal((tokens.Length, 2), (scores.Positions, scores.Layers.Count));
            Assert.Equal([2, 5], scores.Layers);
            for (var head = 0; head < scores.Heads; head++)
            {
                Assert.Equal(1, scores.Of(1, head).ToArray().Sum(), 1e-3f);
                Assert.Equal(scores.Of(1, head).ToArray(), Capture(tokens).Of(1, head).ToArray());
            }

            if (tokens.Length < 2) return;
            var other = tokens.ToArray();
            other[where % tokens.Length] = (other[where % tokens.Length] + 1) % 295;
            Assert.NotEqual(scores.Of(0, 0).ToArray(), Capture(other).Of(0, 0).ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ForwardAsync_TwoNeighboursSwapped_ChangesTheLogits() => Assert.NotEqual(Logits([1, 2, 3]), Logits([2, 1, 3]));

    [Fact]
    public void ForwardAsync_AnyChunksAndSequences_LogitsDependOnTheTokensAlone() =>
        Prop.ForAll(Tokens, Gen.Choose(1, 40).ToArbitrary(), (tokens, chunk) =>
        {
            var engine = new ScriptedEngine(3);
            _ = Ingest(engine, 1, [9, 9, 9], 0);
            float[] last = [];
            for (var i = 0; i < tokens.Length; i += chunk) last = Ingest(engine, 2, tokens.AsSpan(i, Math.Min(chunk, tokens.Length - i)), i);
            Assert.Equal(Logits(tokens), last);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TruncateAsync_ThenTheSameTokensAgain_RestoresTheLogits() =>
        Prop.ForAll(Tokens, Tokens, Gen.Choose(0, 1000).ToArbitrary(), (tokens, wrong, where) =>
        {
            var engine = new ScriptedEngine();
            var at = where % tokens.Length;
            Ingest(engine, 0, [.. tokens[..at], .. wrong], 0);
            engine.TruncateAsync(0, at, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            Assert.Equal(Logits(tokens), Ingest(engine, 0, tokens.AsSpan(at), at));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task ImportAsync_StateOfAnotherEngine_GoesOnWhereItWas()
    {
        var (from, to) = (new ScriptedEngine(), new ScriptedEngine(2));
        Ingest(from, 0, [1, 2, 3], 0);
        Ingest(to, 1, [7, 7, 7, 7, 7], 0);
        await to.ImportAsync(1, await from.ExportAsync(0, CancellationToken.None), CancellationToken.None);
        Assert.Equal(Logits([1, 2, 3, 4]), Ingest(to, 1, [4], 3));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8 * 17)]
    public async Task ImportAsync_NotAStateOrTooLarge_IsRefusedAndNothingChanges(int bytes)
    {
        var engine = new ScriptedEngine(1, 16);
        Ingest(engine, 0, [1, 2], 0);
        var exception = await Assert.ThrowsAsync<EngineException>(() => engine.ImportAsync(0, new byte[bytes], CancellationToken.None).AsTask());
        Assert.Equal(EngineError.BadState, exception.Error);
        Assert.Equal(Logits([1, 2, 3]), Ingest(engine, 0, [3], 2));
    }

    [Theory]
    [InlineData(EngineError.TokenOutOfRange, 295, 0, 0, 1)]
    [InlineData(EngineError.TokenOutOfRange, -1, 0, 0, 1)]
    [InlineData(EngineError.BadPosition, 1, 1, 0, 1)]
    [InlineData(EngineError.BadPosition, 1, -1, 0, 1)]
    [InlineData(EngineError.BadSequence, 1, 0, 1, 1)]
    [InlineData(EngineError.BadSequence, 1, 0, -1, 1)]
    [InlineData(EngineError.ContextFull, 1, 0, 0, 17)]
    [InlineData(EngineError.BatchTooLarge, 1, 0, 0, 513)]
    public void ForwardAsync_BatchBreaksARule_IsRefusedByName(EngineError error, int token, int position, int sequence, int rows)
    {
        var exception = Assert.Throws<EngineException>(() => Ingest(new ScriptedEngine(1, 16), sequence, Enumerable.Repeat(token, rows).ToArray(), position));
        Assert.Equal(error, exception.Error);
    }

    private static AttentionScores Capture(int[] tokens)
    {
        var engine = new ScriptedEngine(2);
        var batch = new EngineBatch();
        batch.AddRange(tokens, 0, 1, RowKind.Prefill, false);
        batch.Capture(new AttentionCapture(1, 8, 3));
        engine.ForwardAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Assert.Null(batch.Captured(0));
        return batch.Captured(1)!;
    }

    private static float[] Logits(int[] tokens) => Ingest(new ScriptedEngine(), 0, tokens, 0);

    private static float[] Ingest(ScriptedEngine engine, int sequence, ReadOnlySpan<int> tokens, int position)
    {
        var batch = new EngineBatch();
        var row = batch.AddRange(tokens, position, sequence, RowKind.Prefill, true);
        engine.ForwardAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return batch.Logits(row).ToArray();
    }
}
