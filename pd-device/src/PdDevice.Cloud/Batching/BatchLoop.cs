using System.Threading.Channels;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Scheduling;
using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Cloud.Batching;

/// <summary>How a loop runs its engine.</summary>
/// <param name="Slots">Generations in sequences at once, at least 1; at most the engine's sequences.</param>
/// <param name="PrefillChunk">Prefill rows of one batch at most.</param>
/// <param name="MaxStall">Longest batch while streams run; zero for no bound.</param>
/// <param name="RefineQueries">Last rows of a prompt to be refined, which go into one batch whose attention is read.</param>
/// <param name="RefineLayerStep">Every so many-th layer is read.</param>
public sealed record BatchLoopOptions(int Slots, int PrefillChunk, TimeSpan MaxStall, int RefineQueries, int RefineLayerStep);

/// <summary>
/// Turns the crank of one engine: starts what waits, fills one batch with what every running generation can do, runs it,
/// hands tokens out. Run it on the engine's own thread (<see cref="IEngine.RunLoopAsync"/>) so that a turn pays no hop.
/// </summary>
public sealed class BatchLoop(
    IEngine engine, BatchLoopOptions options, EngineRates measured, PrefixStore prefixes, OwnerCounts owners, CloudMetrics metrics, TimeProvider time)
{
    /// <summary>Waking readers costs about 10 microseconds, which a small model's step of 300 feels: what is drawn within this goes out together.</summary>
    private static readonly TimeSpan Bunch = TimeSpan.FromMilliseconds(4);

    private readonly Channel<Generation?> _arrivals = Channel.CreateUnbounded<Generation?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<Generation> _waiting = [];
    private readonly Generation?[] _slots = new Generation?[Math.Min(options.Slots, engine.MaxSequences)];
    private readonly List<Generation> _running = [];
    private readonly List<SlotWork> _work = [];
    private readonly List<(Generation Generation, int Row)> _rows = [];
    private readonly List<(Generation Generation, AssistEndReason? Reason, string? Message)> _leaving = []; // no reason: to the next pool
    private readonly HashSet<int> _endOfGeneration = [.. engine.Tokenizer.EndOfGeneration];
    private readonly EngineBatch _batch = new();
    private readonly PrefixReuse _reuse = new(engine, prefixes, metrics);
    private readonly BatchCost _cost = new(measured);
    private readonly long _origin = time.GetTimestamp();
    private long _handedOut;
    private int _queued;
    private int _runningCount;
    private double _kvUsage;

    /// <summary>Takes a generation after its first token instead of this loop going on with it; set before the loop runs.</summary>
    internal Action<Generation>? HandOver { get; init; }

    /// <summary>Whether another generation may start now; set before the loop runs. Wake the loop when the answer changes.</summary>
    internal Func<bool>? MayStart { get; init; }

    /// <summary>Told when fewer wait here; set before the loop runs.</summary>
    internal Action? FewerWait { get; init; }

    /// <summary>What first tokens took here of late, for devices to plan by. The loop writes it.</summary>
    internal LearnedRates Rates { get; } = new(measured.PrefillTokensPerSecond);

    /// <summary>What batches cost here, learned turn by turn. The loop writes it; who reads it elsewhere may see a turn half noted.</summary>
    internal BatchCost Cost => _cost;

    /// <summary>Generations enqueued that hold no slot yet.</summary>
    public int Waiting => Volatile.Read(ref _queued);

    public int Running => Volatile.Read(ref _runningCount);

    /// <summary>Share of the engine's KV positions in use, 0 to 1.</summary>
    public double KvUsage => Volatile.Read(ref _kvUsage);

    /// <summary>Takes a generation in; one that comes after the loop's end ends as preempted. Safe from any thread.</summary>
    internal void Enqueue(Generation generation)
    {
        generation.Wake = Wake;
        generation.Times.Queued ??= time.GetTimestamp();
        Interlocked.Increment(ref _queued);
        if (_arrivals.Writer.TryWrite(generation)) return;
        Interlocked.Decrement(ref _queued);
        Close(generation, AssistEndReason.Preempted);
    }

    /// <summary>Makes the loop look again. Safe from any thread.</summary>
    internal void Wake() => _arrivals.Writer.TryWrite(null);

    /// <summary>Runs until cancelled; what is running then ends as preempted, so that devices go on alone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Receive();
                await FreeLeavingAsync();
                await FillSlotsAsync();
                if (_running.Count == 0) await _arrivals.Reader.WaitToReadAsync(cancellationToken);
                else await TurnAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told below: ending is not a failure.
        }
        finally
        {
            _arrivals.Writer.TryComplete();
            Receive();
            foreach (var generation in _running.Concat(_waiting).ToArray()) Close(generation, AssistEndReason.Preempted);
        }
    }

    private void Receive()
    {
        while (_arrivals.Reader.TryRead(out var generation))
            if (generation is not null) _waiting.Add(generation);
    }

    private async ValueTask FreeLeavingAsync()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
            if (_running[i].Leaving is { } reason) await EndAsync(_running[i], reason);
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var generation = _waiting[i];
            if (generation.Leaving is not { } reason) continue;
            StopWaiting(generation);
            Close(generation, reason);
        }
    }

    private async ValueTask FillSlotsAsync()
    {
        while (_running.Count < _slots.Length && MayStart?.Invoke() != false && Next() is { } generation)
        {
            StopWaiting(generation);
            generation.Slot = Array.IndexOf(_slots, null);
            _slots[generation.Slot] = generation;
            _running.Add(generation);
            if (generation.Times.Started is null) owners.Started(generation.Request.Owner);
            generation.Times.EnterSlot(time.GetTimestamp());
            // Copies take time that running streams feel: one a turn, while there are any.
            if (await _reuse.RestoreAsync(generation, _running, Math.Max(1, Together(generation))) && _running.Count > 1) break;
        }

        Count();
    }

    private void StopWaiting(Generation generation)
    {
        _waiting.Remove(generation);
        Interlocked.Decrement(ref _queued);
        FewerWait?.Invoke();
    }

    /// <summary>Fair first: of the owner with the fewest that have started; then by due time.</summary>
    private Generation? Next()
    {
        Generation? next = null;
        var fewest = (Slots: 0, Due: 0.0);
        foreach (var generation in _waiting)
        {
            if (generation.After is { Decoded: 0, End: null }) continue;
            var rank = (owners.Running(generation.Request.Owner), Due(generation));
            if (next is null || rank.CompareTo(fewest) < 0) (next, fewest) = (generation, rank);
        }

        return next;
    }

    private double Due(Generation generation)
    {
        var (request, times) = (generation.Request, generation.Times);
        return times.FirstToken is { } first
            ? DueTime.Next(Seconds(first), Seconds(times.LastToken!.Value), generation.Decoded, request.Pace.TotalSeconds)
            : DueTime.First(Seconds(times.Queued!.Value), request.ReadyIn?.TotalSeconds);
    }

    private async ValueTask TurnAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var (prefill, decode) = Fill();
        if (prefill > 0) HandOut(start); // this batch may last
        try
        {
            await engine.ForwardAsync(_batch, cancellationToken);
        }
        catch (EngineException exception)
        {
            foreach (var generation in _running.ToArray()) await EndAsync(generation, AssistEndReason.Error, exception.Error.ToString());
            return;
        }

        var now = time.GetTimestamp();
        _cost.Observe(prefill, decode, (time.GetElapsedTime(start, now) - _batch.CaptureTime).TotalSeconds); // what a row costs, not what a wish does
        metrics.Batch(prefill, decode);
        if (_batch.Captures.Count > 0) LearnCapture();
        foreach (var (generation, row) in _rows)
        {
            if (_batch.Captured(generation.Slot) is { } scores) generation.Attend(scores);
            Draw(generation, _batch.Logits(row), now);
        }

        if (time.GetElapsedTime(_handedOut, now) >= Bunch) HandOut(now);

        // When everybody has the token: what follows copies KV, and nobody should wait for that longer than must be.
        foreach (var (generation, reason, message) in _leaving)
        {
            if (reason is { } why) await EndAsync(generation, why, message);
            else await PassOnAsync(generation, HandOver!);
        }

        _leaving.Clear();
    }

    private void HandOut(long now)
    {
        foreach (var generation in _running) generation.HandOut();
        _handedOut = now;
    }

    private (int Prefill, int Decode) Fill()
    {
        _batch.Clear();
        _rows.Clear();
        _work.Clear();
        var decodes = 0;
        foreach (var generation in _running)
        {
            var left = generation.Known - generation.Fed;
            // One token left that was generated here is a decode step, after a hand-over too.
            var prefill = left == 1 && generation.Decoded > 0 ? 0 : left;
            if (prefill == 0) decodes++;
            _work.Add(new SlotWork(generation.Slot, prefill, Due(generation), Together(generation)));
        }

        var rows = _cost.PrefillRows(decodes, options.MaxStall.TotalSeconds, options.PrefillChunk);
        decodes = 0;
        foreach (var share in BatchPlanner.Plan(_work, engine.MaxBatchTokens, rows))
        {
            var generation = _slots[share.Slot]!;
            var last = generation.Fed + share.Count == generation.Known;
            var kind = share.Count == 1 && last && generation.Decoded > 0 ? RowKind.Decode : RowKind.Prefill;
            var row = _batch.AddRange(generation.KnownTokens.Slice(generation.Fed, share.Count), generation.Fed, share.Slot, kind, last);
            generation.Fed += share.Count;
            if (kind == RowKind.Decode) decodes++;
            if (!last) continue;
            _rows.Add((generation, row));
            if (Together(generation) is > 0 and var queries) _batch.Capture(new AttentionCapture(share.Slot, queries, options.RefineLayerStep));
        }

        return (_batch.Count - decodes, decodes);
    }

    /// <summary>Last rows of the prompt that must be in one batch, for their attention to be read there; 0: none.</summary>
    private int Together(Generation generation) =>
        generation is { Decoded: 0, Request.Refine: not null } && engine.OffersAttention ? Math.Min(options.RefineQueries, generation.Known) : 0;

    private void Draw(Generation generation, ReadOnlySpan<float> logits, long now)
    {
        var before = generation.Times.LastToken;
        int id;
        try
        {
            id = generation.Draw(logits, now);
        }
        catch (InvalidOperationException)
        {
            // No logit is finite: one generation's trouble (its penalties may cause it), not the loop's.
            _leaving.Add((generation, AssistEndReason.Error, "NoTokenLeft"));
            return;
        }

        metrics.Token(generation, before is { } last ? time.GetElapsedTime(last, now) : null);
        if (before is null) Learn(generation);
        if (_endOfGeneration.Contains(id)) _leaving.Add((generation, AssistEndReason.Stop, null));
        else if (generation.Decoded == generation.Request.MaxTokens) _leaving.Add((generation, AssistEndReason.Lease, null));
        else if (generation.Known >= engine.ContextTokens) _leaving.Add((generation, AssistEndReason.Length, null));
        else if (HandOver is not null) _leaving.Add((generation, null, null));
    }

    private async ValueTask PassOnAsync(Generation generation, Action<Generation> handOver)
    {
        await _reuse.TakeOutAsync(generation);
        await LeaveAsync(generation);
        handOver(generation);
    }

    private void Learn(Generation generation)
    {
        if (_batch.Captures.Count == 0) Rates.NothingRead();
        var prefilled = generation.Fed - generation.Cached;
        if (prefilled < options.PrefillChunk) return; // one call's fixed cost says nothing about the rate
        var took = time.GetElapsedTime(generation.Times.Started!.Value, generation.Times.FirstToken!.Value);
        Rates.Prefilled(prefilled, took - _batch.CaptureTime); // told apart: who wishes for nothing need not reckon with it
    }

    private void LearnCapture()
    {
        metrics.Captured(_batch.CaptureTime);
        Rates.AttentionRead(_batch.Captures.Sum(capture => _slots[capture.Sequence]!.Known), _batch.CaptureTime);
    }

    private async ValueTask EndAsync(Generation generation, AssistEndReason reason, string? message = null)
    {
        Close(generation, reason, message); // whoever asked need not wait for the copy
        if (reason is not AssistEndReason.Error) await _reuse.KeepAsync(generation);
        await LeaveAsync(generation);
    }

    private async ValueTask LeaveAsync(Generation generation)
    {
        // Not the caller's token: the slot must be empty whatever else happens.
        await engine.TruncateAsync(generation.Slot, 0, CancellationToken.None);
        generation.Times.LeaveSlot(time.GetTimestamp(), time);
        _running.Remove(generation);
        _slots[generation.Slot] = null;
        generation.Slot = -1;
        Count();
    }

    private void Close(Generation generation, AssistEndReason reason, string? message = null)
    {
        var now = time.GetTimestamp();
        if (generation.Times.Started is not null) owners.Ended(generation.Request.Owner);
        generation.Times.LeaveSlot(now, time);
        generation.Times.Ended = now;
        generation.State = null;
        generation.Finish(new GenerationEnd(reason, generation.Decoded, generation.Times.Occupied, message));
    }

    private void Count()
    {
        Volatile.Write(ref _runningCount, _running.Count);
        Volatile.Write(ref _kvUsage, (double)_running.Sum(g => g.Fed) / ((double)engine.ContextTokens * _slots.Length));
    }

    private double Seconds(long timestamp) => time.GetElapsedTime(_origin, timestamp).TotalSeconds;
}
