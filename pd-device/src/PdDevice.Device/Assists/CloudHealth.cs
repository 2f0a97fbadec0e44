using Polly;
using Polly.CircuitBreaker;

namespace PdDevice.Device.Assists;

/// <summary>How an ask of the cloud ended.</summary>
public enum AskOutcome
{
    /// <summary>The cloud did what it should, or refused for a reason of the request's own.</summary>
    Well,

    /// <summary>It could not be reached, broke, was silent or broke a rule.</summary>
    Sick,

    /// <summary>It was let go before it showed anything.</summary>
    Unknown,
}

/// <summary>When a cloud counts as sick.</summary>
public sealed record BreakerLimits
{
    /// <summary>Asks within <see cref="Window"/>, at least half of them failed, after which it is left alone; 2 or more. Default 3.</summary>
    public int Asks { get; init; } = 3;

    /// <summary>Default 60 s; at least 500 ms.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it is left alone before one ask may probe it; a failed probe begins it anew. Default 15 s; at least 500 ms.</summary>
    public TimeSpan Break { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>
/// What a device knows of its cloud's health: a breaker (Polly's) and the instant until which the cloud wants not to be
/// asked. One for each cloud. Safe for concurrent use.
/// </summary>
public sealed class CloudHealth
{
    // What a peer asks for is not believed without end.
    private static readonly TimeSpan LongestHoldOff = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _time;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<AskOutcome> _breaker;
    private long _heldOffUntil; // ticks of UtcNow

    public CloudHealth(TimeProvider time, BreakerLimits? limits = null)
    {
        limits ??= new BreakerLimits();
        _time = time;
        _breaker = new ResiliencePipelineBuilder<AskOutcome> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<AskOutcome>
            {
                FailureRatio = 0.5,
                MinimumThroughput = limits.Asks,
                SamplingDuration = limits.Window,
                BreakDuration = limits.Break,
                StateProvider = _state,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Result == AskOutcome.Sick),
            })
            .Build();
    }

    /// <summary>How long the cloud still wants not to be asked; zero: it may be.</summary>
    public TimeSpan HeldOff => TimeSpan.FromTicks(Math.Max(0, Interlocked.Read(ref _heldOffUntil) - _time.GetUtcNow().Ticks));

    /// <summary>Begins an ask; null while the breaker is open, or half open and probed by another.</summary>
    public CloudAsk? TryBegin()
    {
        // The ask runs inside the breaker until its end is told: only so does Polly know which one is the probe. The
        // caller's context is kept: in virtual time a hop to the thread pool would race with the clock.
        var end = new TaskCompletionSource<AskOutcome>();
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, CancellationToken.None);
        var run = _breaker.ExecuteOutcomeAsync(static async (_, end) => Outcome.FromResult(await end), context, end.Task);
        return run.IsCompleted ? null : new CloudAsk(this, end, _state.CircuitState == CircuitState.HalfOpen);
    }

    internal void HoldOff(TimeSpan time) =>
        Interlocked.Exchange(ref _heldOffUntil, _time.GetUtcNow().Ticks + Math.Min(time.Ticks, LongestHoldOff.Ticks));
}

/// <summary>One ask of a cloud, from the first byte to the last. Its end is told once; later ones are ignored.</summary>
public sealed class CloudAsk
{
    private readonly CloudHealth _health;
    private readonly TaskCompletionSource<AskOutcome> _end;
    private readonly bool _probe;

    internal CloudAsk(CloudHealth health, TaskCompletionSource<AskOutcome> end, bool probe) => (_health, _end, _probe) = (health, end, probe);

    /// <summary>Tells the breaker. A probe that showed nothing counts as failed; another ask that showed nothing does not count.</summary>
    public void End(AskOutcome outcome)
    {
        if (outcome != AskOutcome.Unknown) _end.TrySetResult(outcome);
        else if (_probe) _end.TrySetResult(AskOutcome.Sick);
    }

    /// <summary>It failed by this; null: by what it did or did not do. A cloud that says when to come back is not sick: it is held off.</summary>
    public void Fail(Exception? cause)
    {
        if (cause is not CloudRefusedException refused)
        {
            End(AskOutcome.Sick);
            return;
        }

        if (refused.RetryAfter is { } later && refused.Error.Code != "too_late") _health.HoldOff(later); // too late is about one prompt
        End(refused.Status >= 500 && refused.RetryAfter is null && refused.Error.Code != "too_late" ? AskOutcome.Sick : AskOutcome.Well);
    }
}
