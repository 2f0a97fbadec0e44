namespace PdDevice.Device.Link;

/// <summary>
/// A connection that counts its bytes and, when asked to, behaves as if a slower network lay between: what is written
/// reaches the inner stream when the link's way up has carried it, what arrives is surfaced when the way down has. Asynchronous only. With nothing to emulate it is a byte counter and adds no task and no wait.
/// </summary>
/// <remarks>
/// Written bytes are counted when accepted, read bytes when surfaced. Disposing never blocks: written bytes are still
/// delivered and the inner stream is closed half a round trip after the last of them, or after <see cref="Linger"/> when
/// the peer does not take them.
/// </remarks>
public sealed class MeteredStream : Stream
{
    /// <summary>How long written bytes may take to be delivered after disposal.</summary>
    public static TimeSpan Linger { get; } = TimeSpan.FromMinutes(1);

    private readonly Stream _inner;
    private readonly LinkMeter _meter;
    private readonly TimeProvider _time;
    private readonly DelayLine? _up;
    private readonly DelayLine? _down;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _lingered = new();
    private ITimer? _linger;
    private bool _disposed;

    /// <param name="inner">The connection; disposed with this.</param>
    /// <param name="link">What it goes over; null: nothing is emulated.</param>
    /// <param name="meter">Counts its bytes.</param>
    /// <param name="time">The clock.</param>
    public MeteredStream(Stream inner, EmulatedLink? link, LinkMeter meter, TimeProvider time)
    {
        (_inner, _meter, _time) = (inner, meter, time);
        Closed = Task.CompletedTask;
        if (link is null) return;
        _up = new DelayLine(link.Up);
        _down = new DelayLine(link.Down);
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow()) // a connection outlives the request that opened it
        {
            Closed = DeliverAsync(_up);
            _ = ReceiveAsync(_down);
        }
    }

    /// <summary>Done when everything written is delivered and the inner stream is closed.</summary>
    public Task Closed { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = _down is null ? await _inner.ReadAsync(buffer, cancellationToken) : await _down.ReadAsync(buffer, cancellationToken);
        _meter.AddDown(count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _meter.AddUp(buffer.Length);
        if (_up is null) await _inner.WriteAsync(buffer, cancellationToken);
        else await _up.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _up is null ? _inner.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || Interlocked.Exchange(ref _disposed, true)) return;
        if (_up is null)
        {
            _inner.Dispose();
            return;
        }

        _closed.Cancel();
        _down!.Abort(new ObjectDisposedException(nameof(MeteredStream)));
        if (Closed.IsCompleted) return;
        _linger = _time.CreateTimer(_ => _lingered.Cancel(), null, Linger, Timeout.InfiniteTimeSpan);
        _up.End();
    }

    private async Task DeliverAsync(DelayLine up)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await up.ReadAsync(buffer, _lingered.Token) is var count and > 0)
            {
                await _inner.WriteAsync(buffer.AsMemory(0, count), _lingered.Token);
                await _inner.FlushAsync(_lingered.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            up.Abort(new IOException("The connection was lost.", error));
        }

        _linger?.Dispose();
        await _inner.DisposeAsync();
    }

    private async Task ReceiveAsync(DelayLine down)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await _inner.ReadAsync(buffer, _closed.Token) is var count and > 0)
                await down.WriteAsync(buffer.AsMemory(0, count), _closed.Token);
            down.End();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            down.End(error);
        }
    }
}
