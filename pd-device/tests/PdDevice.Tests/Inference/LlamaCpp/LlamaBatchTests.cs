using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

/// <summary>What a batch of a real engine may rely on: the order of rows, the life of logits, a call that is cancelled.</summary>
[Collection("Engine")]
public sealed class LlamaBatchTests
{
    [Fact]
    public async Task ForwardAsync_RowsInAnyOrderOfSequences_EachHasTheLogitsOfTheAscendingOrder()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(sequences: 4);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 40);
        int[] ascending = [0, 1, 2, 3];
        var expected = await LogitsAsync(ascending, interleaved: false);
        foreach (var order in (int[][])[[3, 2, 1, 0], [2, 0, 3, 1]])
            foreach (var interleaved in (bool[])[false, true])
            {
                var logits = await LogitsAsync(order, interleaved);
                Assert.All(ascending, sequence => Assert.Equal(expected[sequence], logits[sequence]));
            }

        async Task<float[][]> LogitsAsync(int[] order, bool interleaved)
        {
            var rows = order.SelectMany(sequence => Enumerable.Range(0, 10).Select(i => new EngineRow(prompt[(10 * sequence) + i], i, sequence, RowKind.Prefill, i == 9))).ToArray();
            if (interleaved) rows = [.. rows.OrderBy(row => row.Position)];
            var batch = new EngineBatch();
            foreach (var row in rows) batch.Add(row);
            await engine.ForwardAsync(batch, CancellationToken.None);
            var logits = new float[4][];
            for (var i = 0; i < rows.Length; i++)
                if (rows[i].WantLogits)
                    logits[rows[i].Sequence] = batch.Logits(i).ToArray();
            foreach (var sequence in order) await engine.TruncateAsync(sequence, 0, CancellationToken.None);
            return logits;
        }
    }

    [Fact]
    public async Task Logits_AfterTheEnginesNextCallOrItsEnd_CannotBeRead()
    {
        var engine = await LlamaTest.LoadTinyAsync();
        var (first, second) = (Batch(0), Batch(1));
        await engine.ForwardAsync(first, CancellationToken.None);
        Assert.Equal(engine.Tokenizer.VocabularySize, first.Logits(0).Length);
        await engine.ForwardAsync(second, CancellationToken.None);
        Assert.Throws<InvalidOperationException>(() => first.Logits(0).Length);
        Assert.NotEqual(0, second.Logits(0)[0]);
        await engine.DisposeAsync();
        Assert.Throws<InvalidOperationException>(() => second.Logits(0).Length);

        static EngineBatch Batch(int position)
        {
            var batch = new EngineBatch();
            batch.Add(new EngineRow(300, position, 0, RowKind.Prefill, true));
            return batch;
        }
    }

    [Fact]
    public async Task ForwardAsync_CancelledWhileItRuns_EndsEarlyAndTheEngineGoesOnWhereItWas()
    {
        const int kept = 64;
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 4096, maxBatchTokens: 4032);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 4096);
        var expected = await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(0, 2 * kept), kept);
        await engine.TruncateAsync(0, kept, CancellationToken.None);

        using var stop = new CancellationTokenSource();
        var batch = new EngineBatch();
        batch.AddRange(prompt.AsSpan(kept), kept, 0, RowKind.Prefill, true);
        var call = engine.ForwardAsync(batch, stop.Token).AsTask(); // about a second of work
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Throws<InvalidOperationException>(() => batch.Logits(batch.Count - 1).Length);
        Assert.Equal(expected, await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(kept, kept), kept, position: kept));
    }
}
