using PdDevice.Core.Links;

namespace PdDevice.Device.Link;

/// <summary>
/// One emulated link, of one device: its connections share its capacity, as they would share a radio. Safe from any thread.
/// </summary>
public sealed class EmulatedLink
{
    /// <summary>A packet without data: headers of IP and TCP.</summary>
    private const int EmptyPacket = 40;

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public EmulatedLink(EmulatedLinkOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Validate() is { } problem) throw new ArgumentException(problem, nameof(options));
        var delays = new RoundTripDraws(options.RoundTrip, options.RoundTrips, options.Seed);
        var longest = options.RoundTrips?.Longest ?? options.RoundTrip;
        Up = new DelaySchedule(Capacity(options.UpTrace, options.UpBitsPerSecond), delays, time);
        Down = new DelaySchedule(Capacity(options.DownTrace, options.DownBitsPerSecond), delays, time);

        ILinkCapacity Capacity(CapacityTrace? trace, long bitsPerSecond) =>
            trace is null ? new FixedCapacity(bitsPerSecond, longest) : new TracedCapacity(trace, options.From);
    }

    internal DelaySchedule Up { get; }

    internal DelaySchedule Down { get; }

    /// <summary>What opening a TCP connection costs: a packet there and one back.</summary>
    internal async ValueTask HandshakeAsync(CancellationToken cancellationToken)
    {
        await Up.WaitAsync(Up.Next(EmptyPacket), cancellationToken);
        await Down.WaitAsync(Down.Next(EmptyPacket), cancellationToken);
    }
}
