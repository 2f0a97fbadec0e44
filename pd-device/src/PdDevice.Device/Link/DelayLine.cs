namespace PdDevice.Device.Link;

/// <summary>
/// One direction of a connection: bytes in at one end, the same bytes in the same order out at the other, when the link's
/// schedule says so. Bounded: a writer waits while the window is full. One writer and one reader at a time.
/// </summary>
internal sealed class DelayLine(DelaySchedule schedule)
{
    private readonly Lock _gate = new();
    private readonly Queue<(ReadOnlyMemory<byte> Bytes, TimeSpan Due)> _pieces = new();
    private ReadOnlyMemory<byte> _head;
    private int _held;
    private TimeSpan _last;
    private TimeSpan? _endDue;
    private Exception? _end;
    private Exception? _abort;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _data;

    /// <summary>Takes the bytes in, waiting while the window is full. Cancelled, it may have taken a part.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TaskCompletionSource room;
            lock (_gate)
            {
                ThrowIfAborted();
                if (_endDue is not null) throw new InvalidOperationException("The line has ended.");
                if (_held < schedule.Window)
                {
                    var piece = bytes[..Math.Min(bytes.Length, schedule.Piece)];
                    bytes = bytes[piece.Length..];
                    Enqueue(piece.ToArray());
                    continue;
                }

                room = _room = NewSignal();
            }

            await WaitAsync(room, cancellationToken);
        }
    }

    /// <summary>Nothing follows: the reader sees the end, or the error, after all bytes and the one-way delay.</summary>
    public void End(Exception? error = null)
    {
        lock (_gate)
        {
            if (_endDue is not null) return;
            _end = error;
            _endDue = Next(0);
            _data?.TrySetResult();
        }
    }

    /// <summary>Both ends fail from now on, at once; what is under way is dropped.</summary>
    public void Abort(Exception error)
    {
        lock (_gate)
        {
            _abort ??= error;
            _pieces.Clear();
            _head = default;
            _room?.TrySetResult();
            _data?.TrySetResult();
        }
    }

    /// <summary>The next bytes once they are out; 0 at the end. With an empty buffer it waits for bytes or the end and takes nothing.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TaskCompletionSource? data = null;
            TimeSpan? due;
            lock (_gate)
            {
                ThrowIfAborted();
                if (!_head.IsEmpty) return Take(buffer);
                due = _pieces.TryPeek(out var next) ? next.Due : _endDue;
                if (due is null) data = _data = NewSignal();
            }

            if (data is not null)
            {
                await WaitAsync(data, cancellationToken);
                continue;
            }

            await schedule.WaitAsync(due!.Value, cancellationToken);
            lock (_gate)
            {
                ThrowIfAborted();
                if (_pieces.TryDequeue(out var next)) _head = next.Bytes;
                else return _end is null ? 0 : throw _end;
            }
        }
    }

    private void Enqueue(byte[] piece)
    {
        _pieces.Enqueue((piece, Next(piece.Length)));
        _held += piece.Length;
        _data?.TrySetResult();
    }

    // A connection keeps its order, however the delays of its pieces are drawn.
    private TimeSpan Next(int bytes) => _last = schedule.Next(bytes) is var due && due > _last ? due : _last;

    private int Take(Memory<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _head.Length);
        _head[..count].CopyTo(buffer);
        _head = _head[count..];
        _held -= count;
        if (count > 0) _room?.TrySetResult();
        return count;
    }

    private void ThrowIfAborted()
    {
        if (_abort is not null) throw _abort;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A wait's own signal is cancelled instead of WaitAsync(token) on it, which would leave a caller's context.
    private static async ValueTask WaitAsync(TaskCompletionSource signal, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), signal);
        await signal.Task;
    }
}
