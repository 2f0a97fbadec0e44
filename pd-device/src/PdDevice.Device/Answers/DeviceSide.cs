using System.Threading.Channels;
using PdDevice.Core.CatchUp;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Device.Conversations;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// The device's part of one answer: its engine, one call at a time, each ending in a message. Its input is the prompt
/// followed by the ledger.
/// </summary>
internal sealed class DeviceSide(
    IEngine engine, HeldContext held, int[] prompt, EngineRates rates, ChannelWriter<AnswerMessage> inbox, TimeProvider time)
{
    private readonly EngineBatch _batch = new();
    private CatchUpTracker _tracker = Tracker(engine, prompt, rates, 0);
    private int _logitsRow;

    public bool Busy { get; private set; }

    public int Ingested => _tracker.Ingested;

    /// <summary>Logits after the last position ingested.</summary>
    public ReadOnlySpan<float> Logits => _batch.Logits(_logitsRow);

    public TimeSpan ReadyIn(int committed) => _tracker.ReadyIn(committed);

    /// <summary>Positions of the prompt that were there before the answer began.</summary>
    public int Held { get; private set; }

    /// <summary>Finds what of the prompt the device holds already.</summary>
    /// <exception cref="EngineException">The engine failed.</exception>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        Held = await held.PrepareAsync(prompt, cancellationToken);
        _tracker = Tracker(engine, prompt, rates, Held);
    }

    /// <summary>Starts ingesting the next chunk; false when all is ingested, so that the device can take over.</summary>
    public bool Ingest(TokenLedger ledger, CancellationToken cancellationToken)
    {
        var step = _tracker.Next(ledger.Count);
        if (step.TakeOver) return false;
        _batch.Clear();
        for (var i = 0; i < step.Count; i++)
        {
            var position = step.From + i;
            var token = position < prompt.Length ? prompt[position] : ledger[position - prompt.Length].Id;
            _logitsRow = _batch.Add(new EngineRow(token, position, HeldContext.Sequence, RowKind.Prefill, step.WantLogits && i == step.Count - 1));
        }

        _ = RunAsync(cancellationToken);
        return true;
    }

    /// <summary>Starts ingesting the token just made, for the next one's logits.</summary>
    public void Decode(int token, CancellationToken cancellationToken)
    {
        _batch.Clear();
        _logitsRow = _batch.Add(new EngineRow(token, _tracker.Ingested, HeldContext.Sequence, RowKind.Decode, true));
        _ = RunAsync(cancellationToken);
    }

    /// <summary>The call in flight has ended.</summary>
    public void Done(AnswerMessage.EngineDone done)
    {
        Busy = false;
        if (done.Error is not null) return;
        _tracker.Done(_batch.Count, done.Took);
        held.Add(_batch);
    }

    private static CatchUpTracker Tracker(IEngine engine, int[] prompt, EngineRates rates, int ingested) =>
        new(prompt.Length, rates, Math.Min(rates.DeviceChunk, engine.MaxBatchTokens), ingested);

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        Busy = true;
        var start = time.GetTimestamp();
        Exception? error = null;
        try
        {
            await engine.ForwardAsync(_batch, cancellationToken);
        }
        catch (Exception exception)
        {
            error = exception; // whatever it is, it ends up in the answer's loop, which names it
        }

        inbox.TryWrite(new AnswerMessage.EngineDone(time.GetElapsedTime(start), error));
    }
}
