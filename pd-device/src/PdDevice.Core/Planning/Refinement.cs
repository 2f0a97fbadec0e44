namespace PdDevice.Core.Planning;

/// <summary>Whether a device asks for a refined prompt.</summary>
public enum RefineMode
{
    /// <summary>Only for a request that names a keep ratio.</summary>
    Off,

    /// <summary>Where the device is ready noticeably sooner for it.</summary>
    Auto,

    /// <summary>Wherever it saves anything.</summary>
    On,
}

/// <summary>A refined prompt that could be asked for.</summary>
/// <param name="KeepRatio">r: share of the raw prompt that is kept, what must be kept counted; above 0, below 1.</param>
/// <param name="LeastSaving">It is asked for only where the device is ready sooner by at least this.</param>
public sealed record RefinementWish(double KeepRatio, TimeSpan LeastSaving)
{
    /// <summary>By <see cref="RefineMode.Auto"/>, what a loss of quality must at least bring. Eight times what makes the cloud worth asking.</summary>
    public static TimeSpan AutoSaving { get; } = 8 * AssistPlanner.LeastSaving;

    /// <summary>By how much sooner the device is ready with it: <c>(1 - r)(N - m)/p</c>, design section 6; zero where that is not worth it.</summary>
    /// <param name="left">Time of raw prefill left when the refined prompt arrives; zero or less: it comes too late.</param>
    public TimeSpan Saving(TimeSpan left) => left > TimeSpan.Zero && (1 - KeepRatio) * left is var saved && saved >= LeastSaving ? saved : TimeSpan.Zero;
}
