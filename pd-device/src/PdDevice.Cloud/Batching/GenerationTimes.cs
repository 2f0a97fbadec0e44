namespace PdDevice.Cloud.Batching;

/// <summary>When what happened to a generation: timestamps of the cloud's <see cref="TimeProvider"/>, null for not yet.</summary>
public sealed class GenerationTimes
{
    private long? _since;

    /// <summary>It was admitted and waits for a slot.</summary>
    public long? Queued { get; internal set; }

    /// <summary>It got its first slot.</summary>
    public long? Started { get; private set; }

    public long? FirstToken { get; private set; }

    public long? LastToken { get; private set; }

    public long? Ended { get; internal set; }

    /// <summary>Time in slots up to the last release.</summary>
    public TimeSpan Occupied { get; private set; }

    internal void EnterSlot(long now)
    {
        Started ??= now;
        _since = now;
    }

    internal void LeaveSlot(long now, TimeProvider time)
    {
        if (_since is { } since) Occupied += time.GetElapsedTime(since, now);
        _since = null;
    }

    internal void Drawn(long now)
    {
        FirstToken ??= now;
        LastToken = now;
    }
}
