namespace PdDevice.Core.Admission;

/// <summary>How long a refused client is told to wait: whole seconds, at least 1 and at most <see cref="Longest"/>.</summary>
public static class RetryAfter
{
    /// <summary>Nobody is sent away for longer: a forecast that far out is worth another look.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMinutes(5);

    /// <param name="wait">When it is expected to be worth another try, from now.</param>
    public static TimeSpan For(TimeSpan wait) => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, Longest.TotalSeconds));

    /// <summary>For a model that is being loaded: the rest takes as long as the part before it did.</summary>
    /// <param name="elapsed">Since the load began.</param>
    /// <param name="progress">Share loaded, 0 to 1; while it is 0, as much again as has passed.</param>
    public static TimeSpan Loading(TimeSpan elapsed, double progress) =>
        For(progress > 0 ? TimeSpan.FromSeconds(Math.Min(elapsed.TotalSeconds * (1 - progress) / progress, Longest.TotalSeconds)) : elapsed);
}
