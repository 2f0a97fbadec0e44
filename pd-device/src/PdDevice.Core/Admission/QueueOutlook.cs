namespace PdDevice.Core.Admission;

/// <summary>Admitted work, as far as it still has to be done.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="PrefillLeft">Tokens to ingest before its next token.</param>
/// <param name="TokensLeft">Tokens it is expected to generate.</param>
/// <param name="InSlot">Whether it runs; otherwise it waits for a slot.</param>
public readonly record struct QueueWork(string Owner, int PrefillLeft, int TokensLeft, bool InSlot);

/// <summary>What the engine is measured to need.</summary>
/// <param name="PrefillRow">Seconds to ingest one token.</param>
/// <param name="Step">Seconds of one token of a running generation, beside as many others as there will be.</param>
public readonly record struct QueueSpeed(double PrefillRow, double Step);

/// <summary>
/// When what is admitted will have its first tokens and be done. A queue with one prefill, which takes prompts one after
/// the other, and as many decodes as there are slots, in order of arrival. The live order (due times, fairness between
/// owners) differs, and prefill slows decodes: it is an estimate.
/// </summary>
public sealed class QueueOutlook
{
    private readonly List<(string Owner, double End)> _ends = [];
    private readonly QueueSpeed _speed;
    private readonly double _slotFree;
    private double _prefillFree;

    /// <param name="ahead">All admitted work: what runs, and what waits in order of arrival.</param>
    /// <param name="slots">Slots, at least 1.</param>
    /// <param name="speed">What the engine needs.</param>
    /// <param name="apart">Whether a first token needs no slot, because prompts are prefilled in a pool of their own. Default false.</param>
    public QueueOutlook(IReadOnlyList<QueueWork> ahead, int slots, QueueSpeed speed, bool apart = false)
    {
        _speed = speed;
        var free = new PriorityQueue<double, double>();
        foreach (var work in ahead.Where(work => work.InSlot)) Run(work, from: 0);
        while (free.Count < slots) free.Enqueue(0, 0);
        foreach (var work in ahead.Where(work => !work.InSlot)) Run(work, from: free.Dequeue());
        _ends.Sort((a, b) => a.End.CompareTo(b.End));
        _slotFree = apart ? 0 : free.Peek();

        void Run(QueueWork work, double from)
        {
            // What needs no prefill does not wait behind those who do.
            var first = work.PrefillLeft == 0 ? from : _prefillFree = Math.Max(apart ? 0 : from, _prefillFree) + (work.PrefillLeft * speed.PrefillRow);
            var end = Math.Max(from, first) + (work.TokensLeft * speed.Step);
            free.Enqueue(end, end);
            _ends.Add((work.Owner, end));
        }
    }

    /// <summary>When one that came now would have its first token, from now.</summary>
    /// <param name="prefill">Tokens to ingest before it, at least 1.</param>
    public TimeSpan FirstToken(int prefill) => Time(Math.Max(_slotFree, _prefillFree) + (prefill * _speed.PrefillRow));

    /// <summary>When so many of the generations ahead will have ended, from now; where there are fewer, when all will have.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="owner">Only this owner's; null counts all.</param>
    public TimeSpan Ended(int count, string? owner = null)
    {
        var ends = owner is null ? _ends : _ends.FindAll(end => end.Owner == owner);
        return ends.Count == 0 ? TimeSpan.Zero : Time(ends[Math.Min(count, ends.Count) - 1].End);
    }

    // Rates are measured: a stuck clock must not overflow a TimeSpan.
    private static TimeSpan Time(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, 1e9));
}
