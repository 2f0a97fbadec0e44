namespace PdDevice.Device.Link;

/// <summary>Bytes that left and reached the device over a link, at the transport (headers and encryption included). Safe from any thread; reading never blocks.</summary>
public sealed class LinkMeter
{
    private long _up;
    private long _down;

    /// <summary>Bytes written towards the cloud.</summary>
    public long BytesUp => Volatile.Read(ref _up);

    /// <summary>Bytes read from the cloud.</summary>
    public long BytesDown => Volatile.Read(ref _down);

    internal void AddUp(int bytes) => Interlocked.Add(ref _up, bytes);

    internal void AddDown(int bytes) => Interlocked.Add(ref _down, bytes);
}
