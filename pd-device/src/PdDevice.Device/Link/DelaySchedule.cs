using PdDevice.Core.Pacing;

namespace PdDevice.Device.Link;

/// <summary>
/// When bytes of one direction come out at the far end: the link carries them one after the other, whichever connection
/// they belong to, and then they take their way. Safe from any thread.
/// </summary>
/// <param name="capacity">How fast they are carried.</param>
/// <param name="delays">How long they take on top.</param>
/// <param name="time">The clock all waiting goes through.</param>
internal sealed class DelaySchedule(ILinkCapacity capacity, RoundTripDraws delays, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _origin = time.GetTimestamp();

    public int Piece => capacity.Piece;

    public int Window => capacity.Window;

    /// <summary>Takes bytes in now and says when they come out, since the link began; 0 bytes for an end mark.</summary>
    public TimeSpan Next(int bytes)
    {
        lock (_gate)
        {
            var through = capacity.Carry(time.GetElapsedTime(_origin), bytes);
            return through + delays.OneWay(through);
        }
    }

    /// <summary>Waits until the instant has come: nothing comes out early.</summary>
    public async ValueTask WaitAsync(TimeSpan due, CancellationToken cancellationToken)
    {
        while (due - time.GetElapsedTime(_origin) is var wait && wait > TimeSpan.Zero)
            await Task.Delay(TimerWait.For(wait), time, cancellationToken);
    }
}
