using PdDevice.Core.Links;

namespace PdDevice.Device.Link;

/// <summary>How fast one direction of a link carries bytes. Not safe for concurrent use.</summary>
internal interface ILinkCapacity
{
    /// <summary>Takes bytes in, behind those taken before, and says when the last of them is through.</summary>
    /// <param name="now">Since the link began; does not go back.</param>
    /// <param name="bytes">0 (an end mark) or more.</param>
    TimeSpan Carry(TimeSpan now, int bytes);

    /// <summary>Bytes carried as one piece.</summary>
    int Piece { get; }

    /// <summary>Bytes of a connection that may be in flight or waiting, as a TCP window: it bounds memory and not the rate.</summary>
    int Window { get; }
}

/// <summary>A constant rate, by virtual finishing time: <c>finish = max(now, finish) + 8 bytes / rate</c>.</summary>
/// <param name="bitsPerSecond">0: carrying takes no time.</param>
/// <param name="roundTrip">The longest one, for the window.</param>
internal sealed class FixedCapacity(long bitsPerSecond, TimeSpan roundTrip) : ILinkCapacity
{
    private const int LeastWindow = 64 * 1024;
    private const int UnmeteredWindow = 4 * 1024 * 1024;

    private TimeSpan _finish;

    /// <summary>About 10 ms of the link, so that a slow one trickles instead of lurching.</summary>
    public int Piece { get; } = bitsPerSecond == 0 ? 16 * 1024 : (int)Math.Clamp(bitsPerSecond / 800, 256, 16 * 1024);

    /// <summary>Twice what rate and round trip need.</summary>
    public int Window { get; } = bitsPerSecond == 0
        ? UnmeteredWindow
        : (int)Math.Clamp(LeastWindow + 2 * (bitsPerSecond / 8.0) * roundTrip.TotalSeconds, LeastWindow, 64 * 1024 * 1024);

    public TimeSpan Carry(TimeSpan now, int bytes)
    {
        if (now > _finish) _finish = now;
        if (bitsPerSecond > 0) _finish += TimeSpan.FromTicks((long)Math.Ceiling(8.0 * bytes / bitsPerSecond * TimeSpan.TicksPerSecond));
        return _finish;
    }
}

/// <summary>
/// The capacity of a trace: bytes leave with the first opportunity at or after their coming that has room left. An
/// end mark weighs nothing, but needs one too.
/// </summary>
/// <param name="trace">The trace.</param>
/// <param name="from">Where in it the link begins, zero or later.</param>
internal sealed class TracedCapacity(CapacityTrace trace, TimeSpan from) : ILinkCapacity
{
    private long _opportunity = trace.FirstFrom(from);
    private int _room = CapacityTrace.OpportunityBytes;

    public int Piece => CapacityTrace.OpportunityBytes;

    public int Window => 4 * 1024 * 1024;

    public TimeSpan Carry(TimeSpan now, int bytes)
    {
        var at = from + now;
        if (trace.At(_opportunity) < at) (_opportunity, _room) = (trace.FirstFrom(at), CapacityTrace.OpportunityBytes);
        for (; bytes > _room; _opportunity++)
        {
            bytes -= _room;
            _room = CapacityTrace.OpportunityBytes;
        }

        _room -= bytes;
        return trace.At(_opportunity) - from;
    }
}
