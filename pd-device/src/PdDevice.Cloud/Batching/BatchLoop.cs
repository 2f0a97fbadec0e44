using System.Threading.Channels;
using PdDevice.Core.Planning;
using PdDevice.Core.Scheduling;
using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Cloud.Batching;

/// <summary>An assist that was not admitted.</summary>
public sealed class AssistRefusedException(WireError error) : Exception(error.Message)
{
    public WireError Error { get; } = error;
}

/// <summary>
/// Turns the crank: admits, fills one batch with what every running assist can do, runs it, hands tokens out. Run it on
/// the engine's own thread so that a turn pays no hop.
/// </summary>
public sealed class BatchLoop(IEngine engine, CloudOptions options, EngineRates measured, TimeProvider time)
{
    private readonly Channel<Assist> _arrivals = Channel.CreateUnbounded<Assist>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<Assist> _waiting = new();
    private readonly List<Assist> _running = [];
    private readonly Stack<int> _freeSlots = new(Enumerable.Range(0, Math.Min(options.Slots, engine.MaxSequences)).Reverse());
    private readonly EngineBatch _batch = new();
    private readonly List<(Assist Assist, int Row)> _rows = [];
    private double _prefillRate = measured.PrefillTokensPerSecond;
    private int _queued;

    public AssistBook Book { get; } = new();

    public AssistLimits Limits { get; } = new(engine.Identity, engine.Tokenizer.VocabularySize, engine.ContextTokens, options.MaxLease);

    public AssistIdentity Identity => new(
        engine.Identity, engine.ContextTokens, options.MaxLease, RefinementOffered: false,
        Volatile.Read(ref _prefillRate), measured.DecodeTokensPerSecond);

    /// <summary>Takes a request in. Safe from any thread.</summary>
    /// <exception cref="AssistRefusedException">It breaks a rule, or the queue is full (<c>busy</c>).</exception>
    public Assist Admit(AssistRequest request)
    {
        if (AssistRules.Check(request, Limits) is { } error) throw new AssistRefusedException(error);
        if (Interlocked.Increment(ref _queued) > options.QueueLength + Math.Min(options.Slots, engine.MaxSequences)) throw Busy();
        var assist = new Assist(request, engine.Tokenizer.EndOfGeneration);
        Book.Add(assist);
        if (!_arrivals.Writer.TryWrite(assist))
        {
            Book.Forget(assist);
            throw Busy();
        }

        return assist;

        AssistRefusedException Busy()
        {
            Interlocked.Decrement(ref _queued);
            return new AssistRefusedException(new WireError("busy", "All slots and the queue are full. Try again, or let the device go on alone."));
        }
    }

    /// <summary>Runs until cancelled; what is running then ends as preempted, so that devices go on alone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Receive();
                await FreeReleasedAsync();
                FillSlots();
                if (_running.Count == 0) await _arrivals.Reader.WaitToReadAsync(cancellationToken);
                else await TurnAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _arrivals.Writer.TryComplete();
            Receive();
            foreach (var assist in _running.Concat(_waiting).ToArray()) Close(assist, AssistEndReason.Preempted);
        }
    }

    private void Receive()
    {
        while (_arrivals.Reader.TryRead(out var assist)) _waiting.Enqueue(assist);
    }

    private async ValueTask FreeReleasedAsync()
    {
        foreach (var assist in _running.Where(a => a.Released).ToArray()) await EndAsync(assist, AssistEndReason.Released);
        for (var left = _waiting.Count; left > 0; left--)
        {
            var assist = _waiting.Dequeue();
            if (assist.Released) Close(assist, AssistEndReason.Released);
            else _waiting.Enqueue(assist);
        }
    }

    private void FillSlots()
    {
        while (_waiting.Count > 0 && _freeSlots.Count > 0)
        {
            var assist = _waiting.Dequeue();
            assist.Start(_freeSlots.Pop(), time.GetTimestamp());
            _running.Add(assist);
        }
    }

    private async ValueTask TurnAsync(CancellationToken cancellationToken)
    {
        Fill();
        try
        {
            await engine.ForwardAsync(_batch, cancellationToken);
        }
        catch (EngineException exception)
        {
            foreach (var assist in _running.ToArray()) await EndAsync(assist, AssistEndReason.Error, exception.Error.ToString());
            return;
        }

        foreach (var (assist, row) in _rows)
        {
            if (row < 0) continue;
            if (assist.Decoded == 0) Learn(assist);
            if (!TryDraw(assist, _batch.Logits(row), out var id))
            {
                await EndAsync(assist, AssistEndReason.Error, "NoTokenLeft");
                continue;
            }

            if (engine.Tokenizer.EndOfGeneration.Contains(id)) await EndAsync(assist, AssistEndReason.Stop);
            else if (assist.Decoded == assist.Lease) await EndAsync(assist, AssistEndReason.Lease);
            else if (assist.Known >= engine.ContextTokens) await EndAsync(assist, AssistEndReason.Length);
        }
    }

    /// <summary>False when no logit is finite: one assist's trouble (its penalties may cause it), not the loop's.</summary>
    private static bool TryDraw(Assist assist, ReadOnlySpan<float> logits, out int id)
    {
        try
        {
            id = assist.Draw(logits);
            return true;
        }
        catch (InvalidOperationException)
        {
            id = -1;
            return false;
        }
    }

    private void Fill()
    {
        _batch.Clear();
        _rows.Clear();
        var work = _running.ConvertAll(a => new SlotWork(a.Slot, a.Decoded > 0 ? 0 : a.Known - a.Fed));
        foreach (var share in BatchPlanner.Plan(work, engine.MaxBatchTokens, options.PrefillChunk))
        {
            var assist = _running.First(a => a.Slot == share.Slot);
            var kind = assist.Decoded > 0 ? RowKind.Decode : RowKind.Prefill;
            var last = assist.Fed + share.Count == assist.Known;
            var row = _batch.AddRange(assist.Take(share.Count), assist.Fed, assist.Slot, kind, last);
            assist.Fed += share.Count;
            _rows.Add((assist, last ? row : -1));
        }
    }

    // A moving average: what a device may expect of its first token now, with the load there is.
    private void Learn(Assist assist)
    {
        if (assist.Fed < options.PrefillChunk) return; // one call's fixed cost says nothing about the rate
        var seconds = time.GetElapsedTime(assist.StartedAt).TotalSeconds;
        if (seconds > 0) Volatile.Write(ref _prefillRate, 0.7 * _prefillRate + 0.3 * assist.Fed / seconds);
    }

    private async ValueTask EndAsync(Assist assist, AssistEndReason reason, string? message = null)
    {
        // Not the caller's token: the slot must be empty whatever else happens.
        await engine.TruncateAsync(assist.Slot, 0, CancellationToken.None);
        _running.Remove(assist);
        _freeSlots.Push(assist.Slot);
        Close(assist, reason, message);
    }

    private void Close(Assist assist, AssistEndReason reason, string? message = null)
    {
        Interlocked.Decrement(ref _queued);
        var occupancy = assist.Slot < 0 ? TimeSpan.Zero : time.GetElapsedTime(assist.StartedAt);
        var end = new AssistEnd(reason, assist.Decoded, occupancy.TotalMilliseconds, message);
        Book.Finished(assist, end);
        assist.Finish(end);
    }
}
