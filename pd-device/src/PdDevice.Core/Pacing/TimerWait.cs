namespace PdDevice.Core.Pacing;

/// <summary>How long to set a timer so that it does not fire before its time.</summary>
public static class TimerWait
{
    /// <summary>Timers count whole milliseconds and cut the rest off: the wait rounded up to them; zero when it is over.</summary>
    public static TimeSpan For(TimeSpan wait) =>
        wait > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)) : TimeSpan.Zero;
}
