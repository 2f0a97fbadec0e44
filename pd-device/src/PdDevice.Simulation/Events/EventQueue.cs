namespace PdDevice.Simulation.Events;

/// <summary>
/// Virtual time: a clock in ticks of 100 ns (those of <see cref="TimeSpan"/>) that jumps from event to event. Adding and
/// taking allocate nothing once the queue has reached its largest size. Not safe for concurrent use.
/// </summary>
/// <typeparam name="T">What happens; a small value.</typeparam>
public sealed class EventQueue<T>
    where T : struct
{
    private readonly PriorityQueue<T, (long At, long Number)> _queue = new(); // in the order added where instants are equal, whatever a heap's shape
    private long _added;

    /// <summary>The instant of the event taken last, ticks.</summary>
    public long Now { get; private set; }

    /// <summary>Events taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Events that wait.</summary>
    public int Count => _queue.Count;

    /// <summary>Has something happen.</summary>
    /// <param name="at">When, ticks; not before <see cref="Now"/>.</param>
    /// <param name="what">What.</param>
    /// <exception cref="ArgumentOutOfRangeException">The instant is in the past.</exception>
    public void Add(long at, T what)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, Now);
        _queue.Enqueue(what, (at, _added++));
    }

    /// <summary>Takes the earliest event and moves the clock to it; false when none waits.</summary>
    public bool TryTake(out T what)
    {
        if (!_queue.TryDequeue(out what, out var key)) return false;
        Now = key.At;
        Taken++;
        return true;
    }
}
