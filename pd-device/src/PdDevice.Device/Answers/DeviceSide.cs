using System.Threading.Channels;
using PdDevice.Core.CatchUp;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Device.Conversations;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// The device's part of one answer: its engine, first one call at a time, each ending in a message, then on its own to the
/// end. Its input is the prompt, or what a refined one left of it, followed by the ledger.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="held">What the engine holds of conversations.</param>
/// <param name="prompt">The prompt's tokens.</param>
/// <param name="rates">The device's rates.</param>
/// <param name="chunk">Positions one engine call ingests at most.</param>
/// <param name="inbox">Where the messages go.</param>
/// <param name="time">The clock.</param>
internal sealed class DeviceSide(
    IEngine engine, HeldContext held, int[] prompt, EngineRates rates, int chunk, ChannelWriter<AnswerMessage> inbox, TimeProvider time)
{
    // Waking the answer's loop costs about 10 microseconds, which a small model's step of 300 feels.
    private static readonly TimeSpan Bunch = TimeSpan.FromMilliseconds(4);

    private readonly EngineBatch _batch = new();
    private readonly int _chunk = Math.Min(chunk, engine.MaxBatchTokens);
    private readonly int[] _raw = prompt;
    private int[] _prompt = prompt;
    private CatchUpTracker _tracker = new(prompt.Length, rates, Math.Min(chunk, engine.MaxBatchTokens));
    private int _logitsRow;
    private long _started;
    private int _prefilling; // prompt positions in the call in flight
    private int _prefilled;
    private TimeSpan _prefill;

    public bool Busy { get; private set; }

    public int Ingested => _tracker.Ingested;

    /// <summary>Time until prompt and so many committed tokens are ingested, as it seems now. Before the handover.</summary>
    public TimeSpan ReadyIn(int committed) =>
        Busy ? _tracker.ReadyIn(committed, _batch.Count, time.GetElapsedTime(_started)) : _tracker.ReadyIn(committed, 0, TimeSpan.Zero);

    /// <summary>What the ingestion of one more token takes, as it seems now.</summary>
    public TimeSpan PerToken => _tracker.PerToken;

    /// <summary>The device's rates as they seem now.</summary>
    public EngineRates Rates => _tracker.Rates;

    /// <summary>Time the prefill of the prompt took so far over what the rate promised; null where less than a whole chunk was ingested, which says little.</summary>
    public double? Slowdown => _prefilled >= _chunk ? _prefill / rates.Prefill(_prefilled) : null;

    /// <summary>Positions of the prompt that were there before the answer began.</summary>
    public int Held { get; private set; }

    /// <summary>Finds what of the prompt the device holds already.</summary>
    /// <exception cref="EngineException">The engine failed.</exception>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        Held = await held.PrepareAsync(_raw, cancellationToken);
        _tracker = new CatchUpTracker(_raw.Length, rates, _chunk, Held);
    }

    /// <summary>
    /// Goes on with a refined prompt: what is ingested and in flight stays, and of what is left only the kept positions are
    /// ingested, one after the other. Null: it comes too late to save anything.
    /// </summary>
    /// <param name="kept">Fits the prompt.</param>
    /// <param name="now">Since the answer began.</param>
    public RefinedPrompt? Refine(KeptRanges kept, TimeSpan now)
    {
        var raw = _tracker.Ingested + (Busy ? _batch.Count : 0);
        var rest = kept.From(raw);
        if (rest.Length == 0 || raw + rest.Length >= _prompt.Length) return null;
        _prompt = [.. _raw.AsSpan(0, raw), .. rest.Select(position => _raw[position])];
        _tracker.Refine(raw, rest.Length);
        held.Refined(raw);
        return new RefinedPrompt(raw, rest.Length, kept.Count / (double)_raw.Length, now.TotalMilliseconds);
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
            var token = position < _prompt.Length ? _prompt[position] : ledger[position - _prompt.Length].Id;
            _logitsRow = _batch.Add(new EngineRow(token, position, HeldContext.Sequence, RowKind.Prefill, step.WantLogits && i == step.Count - 1));
        }

        _prefilling = Math.Min(step.From + step.Count, _prompt.Length) - step.From; // below zero beyond the prompt
        _ = RunAsync(async () =>
        {
            await ForwardAsync(cancellationToken);
            return _batch.Count;
        });
        return true;
    }

    /// <summary>
    /// Starts making the answer's tokens from here to its end, where the engine's calls cost no hop. They come in messages:
    /// the first at once, then what was made in four milliseconds together.
    /// </summary>
    /// <param name="sampler">Knows all that is committed; it belongs to this side from now on.</param>
    /// <param name="index">Index of the first token to make.</param>
    /// <param name="end">The index after the last one that may be made.</param>
    /// <param name="topLogprobs">Alternatives to report with each token's logprob; null when none are wanted.</param>
    /// <param name="cancellationToken">Stops it soon.</param>
    public void Decode(PositionSampler sampler, int index, int end, int? topLogprobs, CancellationToken cancellationToken) =>
        _ = RunAsync(async () =>
        {
            await engine.RunLoopAsync(() => DecodeAsync(sampler, index, end, topLogprobs, cancellationToken));
            return 0;
        });

    /// <summary>These tokens have come in a message.</summary>
    public void Drawn(AnswerMessage.Drawn drawn) => _tracker.Done(drawn.Tokens.Count, TimeSpan.Zero);

    /// <summary>The work in flight has ended.</summary>
    public void Done(AnswerMessage.EngineDone done)
    {
        Busy = false;
        if (done.Error is not null) return;
        _tracker.Done(done.Ingested, done.Took);
        if (_prefilling <= 0 || done.Ingested == 0) return;
        _prefilled += _prefilling;
        _prefill += done.Took * ((double)_prefilling / done.Ingested); // the rest of the call were tokens of the answer
    }

    private async Task DecodeAsync(PositionSampler sampler, int index, int end, int? topLogprobs, CancellationToken cancellationToken)
    {
        var position = _tracker.Ingested;
        var bunch = new List<AnswerMessage.DrawnToken>();
        long? handed = null;
        try
        {
            while (true)
            {
                var id = Draw(sampler, index++);
                bunch.Add(new AnswerMessage.DrawnToken(id, topLogprobs is { } top ? TokenLogprobs.Of(_batch.Logits(_logitsRow), id, top) : null));
                if (index == end || engine.Tokenizer.EndOfGeneration.Contains(id)) return;
                if (handed is not { } last || time.GetElapsedTime(last) >= Bunch)
                {
                    HandOver();
                    handed = time.GetTimestamp();
                    await Task.Yield(); // an engine that takes no time must not keep the loop from showing them
                }

                _batch.Clear();
                _logitsRow = _batch.Add(new EngineRow(id, position++, HeldContext.Sequence, RowKind.Decode, true));
                await ForwardAsync(cancellationToken);
            }
        }
        finally
        {
            HandOver();
        }

        void HandOver()
        {
            if (bunch.Count > 0) inbox.TryWrite(new AnswerMessage.Drawn([.. bunch]));
            bunch.Clear();
        }
    }

    private async ValueTask ForwardAsync(CancellationToken cancellationToken)
    {
        await engine.ForwardAsync(_batch, cancellationToken);
        held.Add(_batch);
    }

    private int Draw(PositionSampler sampler, int index)
    {
        try
        {
            var id = sampler.Sample(_batch.Logits(_logitsRow), index);
            sampler.Accept(id);
            return id;
        }
        catch (InvalidOperationException exception)
        {
            throw new EngineException(EngineError.Failed, "it gave no number that can be drawn from.", exception);
        }
    }

    private async Task RunAsync(Func<Task<int>> work)
    {
        Busy = true;
        var start = _started = time.GetTimestamp();
        var ingested = 0;
        Exception? error = null;
        try
        {
            ingested = await work();
        }
        catch (Exception exception)
        {
            error = exception; // whatever it is, it ends up in the answer's loop, which names it
        }

        inbox.TryWrite(new AnswerMessage.EngineDone(ingested, time.GetElapsedTime(start), error));
    }
}
