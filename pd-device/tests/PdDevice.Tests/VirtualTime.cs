using System.Diagnostics.CodeAnalysis;

namespace PdDevice.Tests;

/// <summary>
/// A deterministic clock with its own single-threaded synchronisation context. <see cref="Run"/> runs the body on the
/// calling thread, runs posted continuations in order and, when nothing is runnable, advances to the next timer. Timers
/// fire in the order of (due, armed). Real time plays no part, so an hour of waiting takes microseconds.
/// </summary>
/// <remarks>
/// Everything awaited must come back through the context. What hops over the thread pool would race with the clock, so
/// it fails the run with a message instead of making it flaky. Hoppers are: <c>ConfigureAwait(false)</c>,
/// <c>Task.Run</c>, <c>SemaphoreSlim.WaitAsync(token)</c>, <c>ChannelReader.ReadAllAsync</c>, and <c>WaitAsync(token)</c>
/// or <c>Task.WhenAny</c> directly on the task of a TaskCompletionSource(RunContinuationsAsynchronously) or on a
/// channel's <c>ValueTask.AsTask()</c>. An async method that awaits the thing directly is a safe wrapper for all of them.
/// </remarks>
public sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Origin = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SortedSet<VirtualTimer> _armed = new(VirtualTimer.Order);
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly object _foreignGate = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly long _stepLimit;
    private long _now;
    private long _armings;
    private volatile string? _foreign;
    private volatile bool _finished;

    private VirtualTime(long stepLimit) => _stepLimit = stepLimit;

    /// <summary>Time since the run began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    /// <summary>Callbacks and timers run so far.</summary>
    public long Steps { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Origin + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs the body to its end in virtual time; what it throws comes out here.</summary>
    /// <param name="body">The work; started on the calling thread.</param>
    /// <param name="stepLimit">Callbacks and timers after which the run counts as endless.</param>
    public static void Run(Func<VirtualTime, Task> body, long stepLimit = 10_000_000)
    {
        var time = new VirtualTime(stepLimit);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Context(time));
        try
        {
            var task = body(time);
            while (!task.IsCompleted) time.Step();
            task.GetAwaiter().GetResult();
            if (time._foreign is { } foreign) throw new InvalidOperationException(foreign);
        }
        finally
        {
            time._finished = true;
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void Step()
    {
        if (_foreign is { } foreign) throw new InvalidOperationException(foreign);
        if (++Steps > _stepLimit)
            throw new InvalidOperationException($"Virtual time: more than {_stepLimit} steps; endless? Now {Elapsed}, {_armed.Count} timers armed.");
        if (_ready.TryDequeue(out var next)) next.Callback(next.State);
        else if (_armed.Min is { } timer) Fire(timer);
        else ThrowDeadlock();
    }

    private void Fire(VirtualTimer timer)
    {
        _armed.Remove(timer);
        _now = Math.Max(_now, timer.Due);
        timer.Fire();
    }

    [DoesNotReturn]
    private void ThrowDeadlock()
    {
        // Only on the way to failing: a hop over the pool that is still under way names the cause better.
        lock (_foreignGate)
        {
            if (_foreign is null) Monitor.Wait(_foreignGate, 1000);
        }

        throw new InvalidOperationException(_foreign
            ?? $"Virtual time: deadlock at {Elapsed} after {Steps} steps: the body is not done, nothing is runnable and no timer is armed.");
    }

    /// <summary>Whether the caller is on the run's thread; otherwise the run is marked as failed.</summary>
    private bool OnThread(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread) return true;
        if (_finished) return false;
        lock (_foreignGate)
        {
            _foreign ??= $"Virtual time: {what} from another thread: something awaited went over the thread pool (see VirtualTime's remarks).\n{Environment.StackTrace}";
            Monitor.PulseAll(_foreignGate);
        }

        return false;
    }

    private sealed class Context(VirtualTime time) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            if (time.OnThread("a continuation was posted")) time._ready.Enqueue((d, state));
        }

        public override void Send(SendOrPostCallback d, object? state)
        {
            if (time.OnThread("a callback was sent")) d(state);
        }

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public static readonly Comparer<VirtualTimer> Order = Comparer<VirtualTimer>.Create(
            (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a._arming.CompareTo(b._arming));

        private long _arming;
        private long _period;
        private bool _disposed;

        public long Due { get; private set; } = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (!time.OnThread("a timer was changed") || _disposed) return false;
            Disarm();
            _period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime >= TimeSpan.Zero) Arm(time._now + dueTime.Ticks);
            return true;
        }

        public void Fire()
        {
            if (_period > 0) Arm(Due + _period);
            else Due = -1;
            callback(state);
        }

        public void Dispose()
        {
            if (!_disposed && time.OnThread("a timer was disposed")) Disarm();
            _disposed = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Arm(long due)
        {
            Due = due;
            _arming = ++time._armings;
            time._armed.Add(this);
        }

        private void Disarm()
        {
            if (Due >= 0) time._armed.Remove(this);
            Due = -1;
        }
    }
}
