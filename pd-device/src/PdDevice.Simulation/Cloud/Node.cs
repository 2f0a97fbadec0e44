using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Scheduling;

namespace PdDevice.Simulation.Cloud;

/// <summary>
/// One machine: slots, a queue, and turns. A turn with prefill in it is one batch; one of decode steps alone is as many
/// equal batches as run until something ends or comes, in closed form. What goes into a batch Core's
/// <see cref="BatchPlanner"/> and <see cref="BatchCost"/> decide.
/// </summary>
internal sealed class Node
{
    /// <summary>
    /// Share of the KV memory that is filled when a generation starts; the rest is for those that grow. A live engine
    /// that runs full all the same stops a stream and prefills it again later: that is not modelled.
    /// </summary>
    private const double KvShare = 0.85;

    private readonly CloudSetup _setup;
    private readonly ITokenSink _sink;
    private readonly Action<Node, long> _wake;
    private readonly IDecisionProbe? _probe;
    private readonly List<Generation> _running = [];
    private readonly List<SlotWork> _work = [];
    private readonly List<(Generation Generation, int Count)> _turn = [];
    private readonly PriorityQueue<Generation, (double Due, long Number)> _waiting = new();
    private readonly BatchCost _cost;
    private IReadOnlyList<BatchShare> _shares = [];
    private long _enqueued;
    private long _kv;
    private long _from;
    private double _firstStep;
    private double _slope;
    private int _steps;
    private int _prefillRows;
    private double _prefillRate;

    public Node(CloudSetup setup, ITokenSink sink, Action<Node, long> wake, IDecisionProbe? probe)
    {
        (_setup, _sink, _wake, _probe) = (setup, sink, wake, probe);
        var rates = setup.Costs.Rates(1024, 1024); // what a live cloud measures at start
        _prefillRate = rates.PrefillTokensPerSecond;
        _cost = new BatchCost(rates);
    }

    /// <summary>Grows whenever the turn's end changes: an older event about it is void.</summary>
    public int Version { get; private set; }

    public bool Busy { get; private set; }

    public int Running => _running.Count;

    public int Load => _running.Count + _waiting.Count;

    /// <summary>Prefill tokens/s of first tokens under the recent load, a moving average, as the live loop keeps it.</summary>
    public double PrefillTokensPerSecond => _prefillRate;

    public BatchCost Cost => _cost;

    /// <summary>Ticks it was not idle.</summary>
    public long BusyTicks { get; private set; }

    /// <summary>Told where a generation goes on after its first token; null: here.</summary>
    public Action<Generation, long>? HandOver { get; init; }

    /// <summary>Whether another generation may start now.</summary>
    public Func<bool>? MayStart { get; init; }

    public IReadOnlyList<Generation> Held => _running;

    public void Enqueue(Generation generation, long now)
    {
        generation.Node = this;
        var due = generation.Made > 0 ? Due(generation) : DueTime.First(Seconds(generation.Asked), generation.ReadyIn?.TotalSeconds);
        _waiting.Enqueue(generation, (due, _enqueued++));
        Poke(now);
    }

    /// <summary>Something may start: a turn of decode steps ends with the step that is running.</summary>
    public void Poke(long now)
    {
        if (!Busy) _wake(this, now);
        else if (_prefillRows == 0) Shorten(now);
    }

    /// <summary>Whoever asked has let go: it leaves with the step that is running.</summary>
    public void Leave(Generation generation, long now)
    {
        generation.Leaving = true;
        if (generation.SlotFrom >= 0)
        {
            Flush(generation, now);
            generation.MadeAtStop ??= generation.Made;
            Poke(now);
        }
        else
        {
            Close(generation, now); // found dead in the queue later
        }
    }

    /// <summary>Hands out what was made of a generation until now.</summary>
    public void Flush(Generation generation, long now)
    {
        if (!Busy || _prefillRows > 0 || generation.Node != this || generation.SlotFrom < 0) return;
        var done = 0;
        for (var next = generation.SpanTaken + 1; next <= _steps && _from + Offset(next) <= now; next++) done = next;
        HandOut(generation, done);
    }

    /// <summary>The turn is over: tokens are handed out, slots freed and filled, the next turn begins. Returns when that ends; null: idle.</summary>
    public long? Turn(long now)
    {
        if (Busy) EndTurn(now);
        Fill(now);
        return _running.Count == 0 ? null : BeginTurn(now);
    }

    private void EndTurn(long now)
    {
        Busy = false;
        BusyTicks += now - _from;
        var decodes = 0;
        foreach (var (generation, count) in _turn)
        {
            if (generation.PrefillLeft > 0)
            {
                generation.Fed += count;
                if (generation.PrefillLeft == 0) FirstToken(generation, now);
                continue;
            }

            decodes++;
            HandOut(generation, _steps);
            generation.SpanTaken = 0;
        }

        _cost.Observe(_prefillRows, decodes, (Seconds(now) - Seconds(_from)) / _steps);
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            var generation = _running[i];
            if (generation.Leaving || (generation.Made > 0 && (generation.Made >= generation.Lease || generation.UntilEnd <= 0))) End(i, now);
            else if (generation.Made > 0 && HandOver is not null) PassOn(i, now);
        }
    }

    private void FirstToken(Generation generation, long now)
    {
        var rows = generation.Known;
        generation.FirstMade = generation.LastMade = now;
        generation.Made = 1;
        generation.UntilEnd--;
        _kv++;
        if (rows >= 128 && now > generation.SlotFrom) _prefillRate = (0.7 * _prefillRate) + (0.3 * rows / Seconds(now - generation.SlotFrom));
        _sink.Made(generation, now, 0, 1);
    }

    private void HandOut(Generation generation, int steps)
    {
        var count = steps - generation.SpanTaken;
        if (count <= 0) return;
        var first = _from + Offset(generation.SpanTaken + 1);
        var last = _from + Offset(steps);
        generation.SpanTaken = steps;
        generation.Made += count;
        generation.Fed += count;
        generation.UntilEnd -= count;
        generation.LastMade = last;
        _kv += count;
        _sink.Made(generation, first, count == 1 ? 0 : (last - first) / (count - 1), count);
    }

    private void End(int index, long now)
    {
        var generation = Free(index, now);
        Close(generation, now);
    }

    private void PassOn(int index, long now)
    {
        var generation = Free(index, now);
        HandOver!(generation, now);
    }

    private Generation Free(int index, long now)
    {
        var generation = _running[index];
        _running.RemoveAt(index);
        _kv -= generation.Known + generation.Made;
        generation.Occupied += now - generation.SlotFrom;
        _sink.Occupied(generation.SlotFrom, now);
        generation.SlotFrom = -1;
        return generation;
    }

    private void Close(Generation generation, long now)
    {
        if (generation.Over) return;
        generation.Over = true;
        _sink.Ended(generation, now);
    }

    private void Fill(long now)
    {
        while (_running.Count < _setup.Slots && _waiting.TryPeek(out var generation, out _))
        {
            if (generation.Over)
            {
                _waiting.Dequeue();
                continue;
            }

            if (MayStart?.Invoke() == false || (_running.Count > 0 && _kv + generation.Known + generation.Made > KvShare * _setup.KvPositions)) break;
            _waiting.Dequeue();
            _kv += generation.Known + generation.Made;
            generation.SlotFrom = now;
            _running.Add(generation);
        }
    }

    private long BeginTurn(long now)
    {
        _shares = _probe is null ? Plan() : _probe.Check(this, static node => node.Plan());
        _turn.Clear();
        _prefillRows = 0;
        var work = default(BatchWork);
        var reading = 0.0;
        var (decodes, kv, most) = (0, 0L, int.MaxValue);
        foreach (var share in _shares)
        {
            var generation = _running[share.Slot];
            _turn.Add((generation, share.Count));
            if (generation.PrefillLeft > 0)
            {
                _prefillRows += share.Count;
                var prefill = BatchWork.Prefill(generation.Fed, share.Count);
                work += prefill;
                if (generation.Refines) reading += _setup.CaptureShare * _setup.Costs.Seconds(prefill);
            }
            else
            {
                decodes++;
                kv += generation.Fed + 1;
                most = Math.Min(most, Math.Min(generation.UntilEnd, generation.Lease - generation.Made));
            }
        }

        _steps = _prefillRows > 0 ? 1 : most;
        _firstStep = _setup.Costs.Seconds(work + BatchWork.Decode(decodes, kv)) + reading;
        var last = _steps > 1 ? _setup.Costs.Seconds(BatchWork.Decode(decodes, kv + ((long)decodes * (_steps - 1)))) : _firstStep;
        _slope = _steps > 1 ? (last - _firstStep) / (_steps - 1) : 0;
        _from = now;
        Busy = true;
        Version++;
        return now + Math.Max(1, Offset(_steps));
    }

    private IReadOnlyList<BatchShare> Plan()
    {
        _work.Clear();
        var decodes = 0;
        for (var slot = 0; slot < _running.Count; slot++)
        {
            var generation = _running[slot];
            if (generation.PrefillLeft == 0) decodes++;
            _work.Add(new SlotWork(slot, generation.PrefillLeft, generation.Made > 0 ? Due(generation) : DueTime.First(Seconds(generation.Asked), generation.ReadyIn?.TotalSeconds)));
        }

        return BatchPlanner.Plan(_work, _setup.BatchRows, _cost.PrefillRows(decodes, _setup.MaxStall.TotalSeconds, _setup.BatchRows));
    }

    private void Shorten(long now)
    {
        var steps = 1;
        var most = _steps;
        while (steps < most) // the first step that ends at or after now
        {
            var middle = (steps + most) / 2;
            if (_from + Offset(middle) >= now) most = middle;
            else steps = middle + 1;
        }

        if (steps >= _steps) return;
        _steps = steps;
        Version++;
        _wake(this, Math.Max(now, _from + Offset(steps)));
    }

    private long Offset(int steps) => (long)(((steps * _firstStep) + (_slope * steps * (steps - 1) / 2)) * TimeSpan.TicksPerSecond);

    private static double Due(Generation generation) =>
        DueTime.Next(Seconds(generation.FirstMade), Seconds(generation.LastMade), generation.Made, Seconds(generation.Pace));

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;
}
