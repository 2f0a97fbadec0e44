using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

[Collection("Engine")]
public sealed class LlamaEngineTests
{
    [Fact]
    public async Task LoadAsync_EmbeddedModel_AnswersFromItsText()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        var prompt = engine.Tokenizer.EncodeChat([new("user", "The code of the red door is 5512.\n\nWhat is the code of the red door?")]);
        var answer = LlamaTest.Decode(engine.Tokenizer, await LlamaTest.GenerateAsync(engine, 0, prompt, 16));
        Assert.Contains("5512", answer, StringComparison.Ordinal);
        Assert.Equal(4096, engine.ContextTokens);
    }

    [Fact]
    public async Task LoadAsync_Progress_EndsAtOne()
    {
        var last = new LastProgress();
        await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path }, last);
        Assert.Equal(1, last.Value);
    }

    [Fact]
    public async Task LoadAsync_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        var options = new LlamaEngineOptions { Model = EmbeddedModel.Path };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LlamaEngine.LoadAsync(options, new CancelOnProgress(source), source.Token));
    }

    [Theory]
    [InlineData(0, 0, 1, 512)]
    [InlineData(1025, 0, 1, 512)]
    [InlineData(1, -1, 1, 512)]
    [InlineData(1, 0, 0, 512)]
    [InlineData(1, 0, 257, 512)]
    [InlineData(1, 0, 1, 0)]
    public async Task LoadAsync_OptionOutOfRange_IsNamed(int threads, int context, int sequences, int batch)
    {
        var options = new LlamaEngineOptions { Model = EmbeddedModel.Path, Threads = threads, ContextTokens = context, Sequences = sequences, MaxBatchTokens = batch };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LlamaEngine.LoadAsync(options));
    }

    [Fact]
    public async Task LoadAsync_ContextBeyondTraining_IsUnsupported() =>
        Assert.Equal(EngineError.ModelUnsupported, await LlamaTest.ErrorOfAsync(() => LlamaTest.LoadTinyAsync(contextTokens: 5000)));

    [Fact]
    public async Task PrefillAsync_Chunks128And512_GiveTheSameBits()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 1024);
        var whole = await LlamaTest.PrefillAsync(engine, 0, prompt, 512);
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        Assert.Equal(whole, await LlamaTest.PrefillAsync(engine, 0, prompt, 128));
        foreach (var chunk in new[] { 37, 16, 1 })
        {
            await engine.TruncateAsync(0, 0, CancellationToken.None);
            Assert.Equal(LlamaTest.Best(whole), LlamaTest.Best(await LlamaTest.PrefillAsync(engine, 0, prompt, chunk)));
        }
    }

    [Fact]
    public async Task PrefillAsync_CancelledBetweenChunks_KeepsTheChunksBefore()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 256);
        using var source = new CancellationTokenSource();
        var cancelling = new CancelAfter(engine, calls: 2, source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            cancelling.PrefillAsync(new EngineBatch(), 0, prompt, 0, 64, wantLogits: true, source.Token).AsTask());
        var rest = await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(128), 64, position: 128);
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        Assert.Equal(await LlamaTest.PrefillAsync(engine, 0, prompt, 64), rest);
    }

    [Fact]
    public async Task ForwardAsync_TwoSequencesInOneBatch_ContinueAsAlone()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(sequences: 2);
        int[][] prompts = [.. new[] { "Tell me a story about a fox and a lantern.", "Tell me a story about a whale." }
            .Select(x => engine.Tokenizer.EncodeChat([new("user", x)]))];
        var alone = new[] { await LlamaTest.GenerateAsync(engine, 0, prompts[0], 24), await LlamaTest.GenerateAsync(engine, 1, prompts[1], 24) };
        for (var s = 0; s < 2; s++) await engine.TruncateAsync(s, 0, CancellationToken.None);

        var batch = new EngineBatch();
        var rows = new[] { batch.AddRange(prompts[0], 0, 0, RowKind.Prefill, true), batch.AddRange(prompts[1], 0, 1, RowKind.Prefill, true) };
        var together = new List<int>[] { [], [] };
        while (true)
        {
            await engine.ForwardAsync(batch, CancellationToken.None);
            for (var s = 0; s < 2; s++) together[s].Add(LlamaTest.Best(batch.Logits(rows[s])));
            if (together[0].Count == 24) break;
            batch.Clear();
            for (var s = 0; s < 2; s++)
                rows[s] = batch.Add(new EngineRow(together[s][^1], prompts[s].Length + together[s].Count - 1, s, RowKind.Decode, true));
        }

        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);
    }

    [Fact]
    public async Task ForwardAsync_BadRows_AreNamedAndTheEngineGoesOn()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(sequences: 2, contextTokens: 64, maxBatchTokens: 32);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 64);
        var expected = await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(0, 33), 32);
        await engine.TruncateAsync(0, 32, CancellationToken.None);

        Assert.Equal(EngineError.TokenOutOfRange, await RunAsync(engine, Row(-1, 32)));
        Assert.Equal(EngineError.TokenOutOfRange, await RunAsync(engine, Row(4096, 32)));
        Assert.Equal(EngineError.BadSequence, await RunAsync(engine, Row(5, 0, sequence: 2)));
        Assert.Equal(EngineError.BadSequence, await RunAsync(engine, Row(5, 0, sequence: -1)));
        Assert.Equal(EngineError.BadSequence, await RunAsync(engine, Row(5, 32, logits: true), Row(6, 33, logits: true)));
        Assert.Equal(EngineError.BadPosition, await RunAsync(engine, Row(5, 33)));
        Assert.Equal(EngineError.BadPosition, await RunAsync(engine, Row(5, 31)));
        Assert.Equal(EngineError.BadPosition, await RunAsync(engine, Row(5, -1)));
        Assert.Equal(EngineError.BadPosition, await RunAsync(engine, Row(5, 32), Row(6, 34)));
        Assert.Equal(EngineError.BatchTooLarge, await RunAsync(engine, [.. Enumerable.Range(32, 33).Select(x => Row(5, x))]));
        Assert.Null(await RunAsync(engine));

        Assert.Equal(expected, await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(32, 1), 1, position: 32));
        await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(33, 31), 31, position: 33);
        Assert.Equal(EngineError.ContextFull, await RunAsync(engine, Row(5, 64)));
        Assert.NotEmpty(await LlamaTest.PrefillAsync(engine, 1, prompt, 32));
    }

    [Fact]
    public async Task TruncateAsync_BadArguments_AreNamed()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        Assert.Equal(EngineError.BadSequence, await LlamaTest.ErrorOfAsync(() => engine.TruncateAsync(1, 0, CancellationToken.None).AsTask()));
        Assert.Equal(EngineError.BadPosition, await LlamaTest.ErrorOfAsync(() => engine.TruncateAsync(0, 1, CancellationToken.None).AsTask()));
        Assert.Equal(EngineError.BadPosition, await LlamaTest.ErrorOfAsync(() => engine.TruncateAsync(0, -1, CancellationToken.None).AsTask()));
    }

    [Fact]
    public async Task TruncateAsync_ThenIngestAgain_GivesTheSameLogits()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 128);
        var first = await LlamaTest.PrefillAsync(engine, 0, prompt, 64);
        await engine.TruncateAsync(0, 64, CancellationToken.None);
        Assert.Equal(first, await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(64), 64, position: 64));
    }

    [Fact]
    public async Task ForwardAsync_OnTheEnginesThread_CompletesAtOnce()
    {
        await using var engine = await LlamaTest.LoadTinyAsync();
        await engine.Thread.RunAsync(async () =>
        {
            var batch = new EngineBatch();
            batch.Add(new EngineRow(5, 0, 0, RowKind.Prefill, false));
            var call = engine.ForwardAsync(batch, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully);
            await call;
            await Task.Yield();
            Assert.True(engine.Thread.IsCurrent);
        });
    }

    [Fact]
    public async Task DisposeAsync_TwiceAndFromItsOwnThread_LeavesADisposedEngine()
    {
        var engine = await LlamaTest.LoadTinyAsync();
        await engine.Thread.RunAsync(async () => await engine.DisposeAsync());
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.ForwardAsync(new EngineBatch(), CancellationToken.None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.ExportAsync(0, CancellationToken.None));
    }

    private static EngineRow Row(int token, int position, int sequence = 0, bool logits = false) =>
        new(token, position, sequence, RowKind.Prefill, logits);

    private static async Task<EngineError?> RunAsync(LlamaEngine engine, params EngineRow[] rows)
    {
        var batch = new EngineBatch();
        foreach (var row in rows) batch.Add(row);
        return (await Record.ExceptionAsync(() => engine.ForwardAsync(batch, CancellationToken.None).AsTask()) as EngineException)?.Error;
    }

    private sealed class LastProgress : IProgress<double>
    {
        public double Value { get; private set; }

        public void Report(double value) => Value = value;
    }

    private sealed class CancelOnProgress(CancellationTokenSource source) : IProgress<double>
    {
        public void Report(double value) => source.Cancel();
    }

    private sealed class CancelAfter(IEngine inner, int calls, CancellationTokenSource source) : IEngine
    {
        private int _left = calls;

        public PdDevice.Core.Wire.ModelIdentity Identity => inner.Identity;

        public ITokenizer Tokenizer => inner.Tokenizer;

        public int ContextTokens => inner.ContextTokens;

        public int MaxSequences => inner.MaxSequences;

        public int MaxBatchTokens => inner.MaxBatchTokens;

        public bool OffersAttention => inner.OffersAttention;

        public async ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken)
        {
            await inner.ForwardAsync(batch, cancellationToken);
            if (--_left == 0) await source.CancelAsync();
        }

        public Task RunLoopAsync(Func<Task> loop) => inner.RunLoopAsync(loop);

        public ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken) => inner.TruncateAsync(sequence, length, cancellationToken);

        public ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken) => inner.ExportAsync(sequence, cancellationToken);

        public ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) => inner.ImportAsync(sequence, state, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
