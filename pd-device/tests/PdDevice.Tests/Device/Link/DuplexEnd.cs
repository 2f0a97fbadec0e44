using System.Threading.Channels;

namespace PdDevice.Tests.Device.Link;

/// <summary>Two ends of a connection in memory that takes no time and can hold a bounded number of writes.</summary>
internal sealed class DuplexEnd(ChannelReader<byte[]> reader, ChannelWriter<byte[]> writer) : Stream
{
    private byte[] _rest = [];

    public static (DuplexEnd Near, DuplexEnd Far) Pair(int capacity = 1_000_000)
    {
        var (up, down) = (Channel.CreateBounded<byte[]>(capacity), Channel.CreateBounded<byte[]>(capacity));
        return (new DuplexEnd(down.Reader, up.Writer), new DuplexEnd(up.Reader, down.Writer));
    }

    /// <summary>Bytes the other end has written and this one has not read yet.</summary>
    public int Writes => reader.Count;

    public bool Disposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest.Length == 0)
        {
            if (!await reader.WaitToReadAsync(cancellationToken)) return 0;
            reader.TryRead(out _rest!);
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.AsMemory(0, count).CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        writer.WriteAsync(buffer.ToArray(), cancellationToken);

    public void Fail(Exception error) => writer.TryComplete(error);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Disposed = true;
        writer.TryComplete();
        base.Dispose(disposing);
    }
}
