using PdDevice.Core.Pacing;

namespace PdDevice.Benchmarks.Links;

/// <summary>
/// Watches how late this machine's timers are while it measures, by one that should fire every 5 ms. What a busy machine
/// does to a gap can so be told from what the product does.
/// </summary>
internal sealed class TimerWatch : IAsyncDisposable
{
    /// <summary>A timer this late disturbs what is measured: a gap may be so much longer or shorter.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<double> _latenessMs = [];
    private readonly List<(long From, long To)> _late = [];
    private readonly Task _watching;

    public TimerWatch(TimeProvider time)
    {
        _time = time;
        _watching = WatchAsync();
    }

    /// <summary>Stops watching, and says how late the timers were, ms, in rising order.</summary>
    public async Task<IReadOnlyList<double>> EndAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _latenessMs.Sort();
        return _latenessMs;
    }

    /// <summary>Whether a timer was late somewhere between these timestamps; after the end.</summary>
    public bool Disturbed(long from, long to) => _late.Exists(late => late.From <= to && late.To >= from);

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested) await EndAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                var start = _time.GetTimestamp();
                await Task.Delay(TimerWait.For(Every), _time, _stop.Token);
                var now = _time.GetTimestamp();
                var late = _time.GetElapsedTime(start, now) - Every;
                _latenessMs.Add(late.TotalMilliseconds);
                if (late > Late) _late.Add((start, now));
            }
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }
    }
}
