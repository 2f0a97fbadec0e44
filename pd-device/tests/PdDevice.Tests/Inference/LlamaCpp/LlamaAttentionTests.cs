using System.Numerics.Tensors;
using PdDevice.Core.Refinement;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

[Collection("Engine")]
public sealed class LlamaAttentionTests
{
    [Fact]
    public async Task Capture_FlashOnAndOff_IsTheSameAttention()
    {
        await using var on = await LoadAsync(flash: true);
        await using var off = await LoadAsync(flash: false);
        var prompt = LlamaTest.Prompt(on.Tokenizer, 700);
        var computed = await CaptureAsync(on, prompt, new AttentionCapture(0, 16, 1));
        var taken = await CaptureAsync(off, prompt, new AttentionCapture(0, 16, 1));
        Assert.Equal(700, computed.Positions);
        Assert.Equal(16, computed.Queries);
        Assert.Equal(Enumerable.Range(0, computed.ModelLayers), computed.Layers);
        for (var layer = 0; layer < computed.Layers.Count; layer++)
        {
            for (var head = 0; head < computed.Heads; head++)
            {
                var (a, b) = (computed.Of(layer, head).ToArray(), taken.Of(layer, head).ToArray());
                Assert.InRange(a.Sum(), 0.999, 1.001);
                Assert.InRange(b.Sum(), 0.999, 1.001);
                // Of one head: what goes in differs too, the more the deeper, since all layers before did it the other way.
                Assert.True(Correlation(a, b) > 0.99, $"layer {layer}, head {head}: {Correlation(a, b)}");
            }

            var (allA, allB) = (Heads(computed, layer), Heads(taken, layer));
            Assert.True(Correlation(allA, allB) > 0.999, $"layer {layer}: {Correlation(allA, allB)}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Capture_OneQuery_SeesNothingAfterItself(bool flash)
    {
        await using var engine = await LoadAsync(flash);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 130);
        var last = await CaptureAsync(engine, prompt, new AttentionCapture(0, 1, 3));
        var two = await CaptureAsync(engine, prompt, new AttentionCapture(0, 2, 3));
        var before = await CaptureAsync(engine, prompt[..129], new AttentionCapture(0, 1, 3));
        // The mean of the two is what each of them says; the earlier one says nothing of the last position.
        for (var head = 0; head < last.Heads; head++)
        {
            Assert.Equal(last.Of(0, head)[129] / 2, two.Of(0, head)[129], 1e-4f);
            for (var i = 0; i < 129; i++) Assert.Equal((last.Of(0, head)[i] + before.Of(0, head)[i]) / 2, two.Of(0, head)[i], 2e-3f);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Capture_Asked_LeavesTheLogitsBitForBit(bool flash)
    {
        await using var engine = await LoadAsync(flash);
        await using var plain = await LoadAsync(flash, attention: false);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 300);
        var expected = await LogitsAsync(plain, prompt, null);
        Assert.Equal(expected, await LogitsAsync(engine, prompt, null));
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        Assert.Equal(expected, await LogitsAsync(engine, prompt, new AttentionCapture(0)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Capture_SeveralSequencesInOneBatch_EachGetsItsOwn(bool flash)
    {
        await using var engine = await LoadAsync(flash, sequences: 4);
        var prompts = Enumerable.Range(0, 4).Select(s => LlamaTest.Prompt(engine.Tokenizer, 60 + (40 * s)).Reverse().ToArray()).ToArray();
        var alone = new AttentionScores[4];
        for (var s = 0; s < 4; s++)
        {
            alone[s] = await CaptureAsync(engine, prompts[s], new AttentionCapture(s, 16, 2));
            await engine.TruncateAsync(s, prompts[s].Length - 20, CancellationToken.None);
        }

        // Sequence 1 asks for nothing; 3 has fewer rows than it asks queries for; the rest of the rows come in any order.
        await engine.TruncateAsync(3, prompts[3].Length - 20, CancellationToken.None);
        var batch = new EngineBatch();
        batch.AddRange(prompts[2].AsSpan()[^20..], prompts[2].Length - 20, 2, RowKind.Prefill, true);
        batch.AddRange(prompts[0].AsSpan()[^20..], prompts[0].Length - 20, 0, RowKind.Prefill, true);
        batch.Add(new EngineRow(prompts[1][^20], prompts[1].Length - 20, 1, RowKind.Decode, true));
        batch.AddRange(prompts[3].AsSpan()[^20..^14], prompts[3].Length - 20, 3, RowKind.Prefill, false);
        foreach (var s in new[] { 3, 0, 2 }) batch.Capture(new AttentionCapture(s, 16, 2));
        await engine.ForwardAsync(batch, CancellationToken.None);

        Assert.Null(batch.Captured(1));
        Assert.Equal(6, batch.Captured(3)!.Queries);
        Assert.Equal(prompts[3].Length - 14, batch.Captured(3)!.Positions);
        foreach (var s in new[] { 0, 2 })
        {
            var together = batch.Captured(s)!;
            Assert.Equal(alone[s].Layers, together.Layers);
            for (var layer = 0; layer < together.Layers.Count; layer++)
            {
                for (var head = 0; head < together.Heads; head++)
                {
                    var (a, b) = (alone[s].Of(layer, head).ToArray(), together.Of(layer, head).ToArray());
                    Assert.True(Correlation(a, b) > 0.999, $"sequence {s}, layer {layer}, head {head}: {Correlation(a, b)}");
                }
            }
        }
    }

    // As a cloud does that has a prefix at hand: a state comes into a sequence that was used before, and is cut back to before the queries.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Capture_PrefixFromAnotherSequence_OtherWindowsInOneBatch_EachGetsItsOwn(bool flash)
    {
        await using var engine = await LoadAsync(flash, sequences: 3);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 300);
        var other = LlamaTest.Prompt(engine.Tokenizer, 90).Reverse().ToArray();
        var expected = await CaptureAsync(engine, prompt, new AttentionCapture(0, 8, 3));
        var expectedOther = await CaptureAsync(engine, other, new AttentionCapture(1, 32, 1));
        var state = await engine.ExportAsync(0, CancellationToken.None);
        foreach (var used in new[] { 0, 500, 40 })
        {
            var batch = new EngineBatch();
            await engine.TruncateAsync(2, 0, CancellationToken.None);
            await engine.PrefillAsync(batch, 2, new int[used], 0, 128, wantLogits: false, CancellationToken.None);
            await engine.TruncateAsync(2, 0, CancellationToken.None);
            await engine.ImportAsync(2, state, CancellationToken.None);
            await engine.TruncateAsync(2, prompt.Length - 16, CancellationToken.None);
            await engine.TruncateAsync(1, other.Length - 40, CancellationToken.None);

            batch.Clear();
            batch.AddRange(prompt.AsSpan()[^16..], prompt.Length - 16, 2, RowKind.Prefill, true);
            batch.AddRange(other.AsSpan()[^40..], other.Length - 40, 1, RowKind.Prefill, true);
            batch.Capture(new AttentionCapture(2, 8, 3));
            batch.Capture(new AttentionCapture(1, 32, 1));
            await engine.ForwardAsync(batch, CancellationToken.None);
            AssertAlike(expected, batch.Captured(2));
            AssertAlike(expectedOther, batch.Captured(1));
        }

        static void AssertAlike(AttentionScores expected, AttentionScores? got)
        {
            Assert.NotNull(got);
            Assert.Equal((expected.Positions, expected.Queries), (got.Positions, got.Queries));
            Assert.Equal(expected.Layers, got.Layers);
            for (var layer = 0; layer < got.Layers.Count; layer++)
                Assert.True(Correlation(Heads(expected, layer), Heads(got, layer)) > 0.999, $"layer {layer}");
        }
    }

    [Fact]
    public async Task Capture_NobodyAsks_NothingIsThere()
    {
        await using var engine = await LoadAsync(flash: null);
        var batch = new EngineBatch();
        batch.AddRange(LlamaTest.Prompt(engine.Tokenizer, 20), 0, 0, RowKind.Prefill, true);
        await engine.ForwardAsync(batch, CancellationToken.None);
        Assert.Null(batch.Captured(0));
    }

    [Fact]
    public async Task Capture_CancelledRun_LeavesNothingAndTheNextIsWhole()
    {
        await using var engine = await LoadAsync(flash: null);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 500);
        var expected = await CaptureAsync(engine, prompt, new AttentionCapture(0, 16, 3));
        var batch = new EngineBatch();
        batch.AddRange(prompt, 0, 0, RowKind.Prefill, true);
        batch.Capture(new AttentionCapture(0));
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        await engine.ForwardAsync(batch, CancellationToken.None);
        Assert.NotNull(batch.Captured(0));
        // The same batch again breaks a rule, its positions are taken; and then it is stopped while it runs.
        await Assert.ThrowsAsync<EngineException>(() => engine.ForwardAsync(batch, CancellationToken.None).AsTask());
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        using var source = new CancellationTokenSource();
        var run = engine.ForwardAsync(batch, source.Token);
        await source.CancelAsync();
        try
        {
            await run;
        }
        catch (OperationCanceledException)
        {
            Assert.Null(batch.Captured(0));
        }

        await engine.TruncateAsync(0, 0, CancellationToken.None);
        var again = await CaptureAsync(engine, prompt, new AttentionCapture(0, 16, 3));
        Assert.Equal(expected.Of(0, 0).ToArray(), again.Of(0, 0).ToArray());
    }

    [Fact]
    public async Task Capture_NotOffered_IsRefusedByName()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        Assert.False(engine.OffersAttention);
        Assert.Equal(EngineError.NoAttention, await LlamaTest.ErrorOfAsync(() => CaptureAsync(engine, [1, 2, 3], new AttentionCapture(0))));
    }

    [Fact]
    public async Task CreateSiblingAsync_OfAnEngineThatOffers_OffersToo()
    {
        await using var engine = await LoadAsync(flash: null);
        await using var sibling = await engine.CreateSiblingAsync(2);
        Assert.True(sibling.OffersAttention);
    }

    private static async Task<LlamaEngine> LoadAsync(bool? flash, int sequences = 1, bool attention = true)
    {
        var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path, Sequences = sequences, FlashAttention = flash, Attention = attention });
        Assert.Equal(attention, engine.OffersAttention);
        return engine;
    }

    /// <summary>Prefills a sequence from its start and captures at the end of the last chunk.</summary>
    private static async Task<AttentionScores> CaptureAsync(LlamaEngine engine, int[] prompt, AttentionCapture capture)
    {
        await engine.TruncateAsync(capture.Sequence, 0, CancellationToken.None);
        var batch = new EngineBatch();
        var cut = Math.Max(0, prompt.Length - 100);
        await engine.PrefillAsync(batch, capture.Sequence, prompt.AsMemory(0, cut), 0, 128, wantLogits: false, CancellationToken.None);
        batch.Clear();
        batch.AddRange(prompt.AsSpan(cut), cut, capture.Sequence, RowKind.Prefill, true);
        batch.Capture(capture);
        await engine.ForwardAsync(batch, CancellationToken.None);
        return batch.Captured(capture.Sequence)!;
    }

    private static async Task<float[]> LogitsAsync(LlamaEngine engine, int[] prompt, AttentionCapture? capture)
    {
        var batch = new EngineBatch();
        var row = batch.AddRange(prompt, 0, 0, RowKind.Prefill, true);
        if (capture is not null) batch.Capture(capture);
        await engine.ForwardAsync(batch, CancellationToken.None);
        return batch.Logits(row).ToArray();
    }

    private static float[] Heads(AttentionScores scores, int layer) =>
        [.. Enumerable.Range(0, scores.Positions).Select(i => Enumerable.Range(0, scores.Heads).Sum(head => scores.Of(layer, head)[i]))];

    private static double Correlation(float[] a, float[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        var (da, db) = (a.Select(x => x - meanA).ToArray(), b.Select(x => x - meanB).ToArray());
        return TensorPrimitives.Dot<float>(da, db) / Math.Sqrt((double)TensorPrimitives.SumOfSquares<float>(da) * TensorPrimitives.SumOfSquares<float>(db));
    }
}
