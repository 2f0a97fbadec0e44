using PdDevice.Core.Pacing;

namespace PdDevice.Device.Link;

/// <summary>
/// When bytes of one direction come out at the far end: they are serialised one after the other at the rate (virtual
/// finishing time: <c>finish = max(now, finish) + 8 bytes / rate</c>) and then take the one-way delay. Order is kept.
/// </summary>
/// <param name="bitsPerSecond">0: serialising takes no time.</param>
/// <param name="oneWay">Delay on top of serialising.</param>
/// <param name="time">The clock all waiting goes through.</param>
internal sealed class DelaySchedule(long bitsPerSecond, TimeSpan oneWay, TimeProvider time)
{
    /// <summary>Data in flight with unmetered rates, and the least with a metered one.</summary>
    private const int LeastWindow = 64 * 1024;
    private const int UnmeteredWindow = 4 * 1024 * 1024;

    private readonly long _oneWay = Timestamps(oneWay.TotalSeconds, time);
    private long _finish = long.MinValue;

    /// <summary>Bytes serialised as one piece: about 10 ms of the link, so that a slow link trickles instead of lurching.</summary>
    public int Piece { get; } = bitsPerSecond == 0 ? 16 * 1024 : (int)Math.Clamp(bitsPerSecond / 800, 256, 16 * 1024);

    /// <summary>Bytes that may be in flight or waiting, as a TCP window: twice what rate and round trip need, so that it bounds memory and not the rate.</summary>
    public int Window { get; } = bitsPerSecond == 0
        ? UnmeteredWindow
        : (int)Math.Clamp(LeastWindow + 2 * (bitsPerSecond / 8.0) * 2 * oneWay.TotalSeconds, LeastWindow, 64 * 1024 * 1024);

    /// <summary>Takes bytes in now and says at which timestamp they come out; 0 bytes for an end mark.</summary>
    public long Next(int bytes)
    {
        _finish = Math.Max(time.GetTimestamp(), _finish);
        if (bitsPerSecond > 0) _finish += Timestamps(8.0 * bytes / bitsPerSecond, time);
        return _finish + _oneWay;
    }

    /// <summary>Waits until the timestamp has come: nothing comes out early.</summary>
    public async ValueTask WaitAsync(long timestamp, CancellationToken cancellationToken)
    {
        while (time.GetTimestamp() is var now && now < timestamp)
            await Task.Delay(TimerWait.For(time.GetElapsedTime(now, timestamp)), time, cancellationToken);
    }

    private static long Timestamps(double seconds, TimeProvider time) => (long)Math.Ceiling(seconds * time.TimestampFrequency);
}
