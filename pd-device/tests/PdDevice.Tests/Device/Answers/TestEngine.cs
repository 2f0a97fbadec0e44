using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Tests.Device.Answers;

/// <summary>An engine under a test's hand: it can wait before a call, change its rows, or watch its logits.</summary>
internal sealed class TestEngine(IEngine inner) : IEngine
{
    /// <summary>Awaited before each call.</summary>
    public Func<EngineBatch, Task> Before { get; init; } = _ => Task.CompletedTask;

    /// <summary>Awaited in each call; may break it off.</summary>
    public Func<CancellationToken, Task> During { get; init; } = _ => Task.CompletedTask;

    /// <summary>Rewrites the rows of a call.</summary>
    public Func<EngineRow, IEnumerable<EngineRow>> Rewrite { get; init; } = row => [row];

    /// <summary>Called after each call.</summary>
    public Action<EngineBatch> After { get; init; } = _ => { };

    /// <summary>Called before a state is taken out; may refuse to.</summary>
    public Action OnExport { get; init; } = () => { };

    /// <summary>Called before a state is imported; may refuse it.</summary>
    public Action OnImport { get; init; } = () => { };

    public ModelIdentity Identity => inner.Identity;

    public ITokenizer Tokenizer => inner.Tokenizer;

    public int ContextTokens => inner.ContextTokens;

    public int MaxSequences => inner.MaxSequences;

    public int MaxBatchTokens => inner.MaxBatchTokens;

    public bool OffersAttention => inner.OffersAttention;

    public async ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken)
    {
        await Before(batch);
        await During(cancellationToken);
        var rows = batch.Rows.SelectMany((row, i) => Rewrite(row).Select(changed => (changed, i))).ToArray();
        var changed = new EngineBatch();
        foreach (var (row, _) in rows) changed.Add(row);
        foreach (var capture in batch.Captures) changed.Capture(capture);
        await inner.ForwardAsync(changed, cancellationToken);
        foreach (var capture in batch.Captures)
            if (changed.Captured(capture.Sequence) is { } scores) batch.SetCaptured(capture.Sequence, scores);
        for (var i = 0; i < rows.Length; i++)
            if (rows[i].changed.WantLogits)
                changed.Logits(i).CopyTo(batch.LogitsBuffer(rows[i].i, Tokenizer.VocabularySize));
        After(batch);
    }

    public Task RunLoopAsync(Func<Task> loop) => inner.RunLoopAsync(loop);

    public ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken) => inner.TruncateAsync(sequence, length, cancellationToken);

    public ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken)
    {
        OnExport();
        return inner.ExportAsync(sequence, cancellationToken);
    }

    public ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        OnImport();
        return inner.ImportAsync(sequence, state, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
