using PdDevice.Core.Pacing;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;

namespace PdDevice.Inference.StandIns;

/// <summary>How well a paced engine kept its own pace.</summary>
/// <param name="Steps">Engine calls that came to their end.</param>
/// <param name="LateSteps">Calls that ended so late that the next one could not make up for it: the real engine or the timer was too slow.</param>
/// <param name="Worst">The largest lateness.</param>
public readonly record struct PaceReport(int Steps, int LateSteps, TimeSpan Worst)
{
    /// <summary>False when more than 1% of the steps were late: the run then emulates a slower device than it claims.</summary>
    public bool Valid => LateSteps * 100 <= Steps;
}

/// <summary>
/// Slows an engine to a device's rates: each call lasts its prefill rows / p + decode rows / d, metered per token and
/// cancellable while it waits; <see cref="Throttle"/> slows it further. An emulation; whatever it touches is to be printed
/// as such.
/// </summary>
public sealed class PacedEngine(IEngine inner, EngineRates rates, TimeProvider time) : IEngine
{
    // A timer wakes a little after its time. A call that follows within this is back to back and starts from the due
    // time, so that the timer's lateness does not add up to a slower device.
    private static readonly TimeSpan BackToBack = TimeSpan.FromMilliseconds(5);

    private readonly long _origin = time.GetTimestamp();
    private volatile Throttled? _throttled;
    private TimeSpan _due = -BackToBack;
    private int _steps;
    private int _late;
    private TimeSpan _worst;

    public EngineRates Rates => rates;

    public PaceReport Report => new(_steps, _late, _worst);

    public ModelIdentity Identity => inner.Identity;

    public ITokenizer Tokenizer => inner.Tokenizer;

    public int ContextTokens => inner.ContextTokens;

    public int MaxSequences => inner.MaxSequences;

    public int MaxBatchTokens => inner.MaxBatchTokens;

    public bool OffersAttention => inner.OffersAttention;

    /// <summary>Begins a schedule of throttling now, in place of the one before; null: full speed again. A call in flight keeps its pace.</summary>
    public void Throttle(ThrottleSchedule? schedule) => _throttled = schedule is null ? null : new Throttled(schedule, Now);

    public async ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken)
    {
        var start = Now;
        if (start >= _due && start - _due < BackToBack) start = _due;
        var cost = Cost(batch);
        if (_throttled is { } throttled) cost = throttled.Schedule.Done(start - throttled.Since, cost) - (start - throttled.Since);
        await inner.ForwardAsync(batch, cancellationToken);
        _due = start + cost;

        while (_due - Now is var wait && wait > TimeSpan.Zero) await Task.Delay(TimerWait.For(wait), time, cancellationToken);
        Note(Now - _due, cost);
    }

    public Task RunLoopAsync(Func<Task> loop) => inner.RunLoopAsync(loop);

    public ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken) =>
        inner.TruncateAsync(sequence, length, cancellationToken);

    public ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken) =>
        inner.ExportAsync(sequence, cancellationToken);

    public ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
        inner.ImportAsync(sequence, state, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private TimeSpan Now => time.GetElapsedTime(_origin);

    private TimeSpan Cost(EngineBatch batch)
    {
        var decode = batch.Rows.Count(row => row.Kind == RowKind.Decode);
        return rates.Prefill(batch.Count - decode) + decode * rates.DecodeStep;
    }

    private void Note(TimeSpan lateness, TimeSpan cost)
    {
        _steps++;
        if (lateness > _worst) _worst = lateness;
        if (lateness >= BackToBack && lateness > cost * 0.02) _late++;
    }

    private sealed record Throttled(ThrottleSchedule Schedule, TimeSpan Since);
}
