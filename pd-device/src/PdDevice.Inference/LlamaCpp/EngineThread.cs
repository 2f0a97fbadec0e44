namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// One dedicated background thread that is also a synchronisation context: what is awaited on it continues on it. An owner
/// whose own loop runs here (by <see cref="RunAsync(Func{Task})"/>) calls the engine with no hop at all.
/// </summary>
public sealed class EngineThread : SynchronizationContext, IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Queue<(SendOrPostCallback Work, object? State)> _queue = [];
    private readonly Thread _thread;
    private bool _closed;

    /// <param name="name">The thread's name, for debuggers and dumps.</param>
    public EngineThread(string name)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Whether the caller is on this thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Runs the work on the thread; at once when already there.</summary>
    /// <returns>Completes when the work has run; faulted with ObjectDisposedException after disposal.</returns>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <inheritdoc cref="RunAsync(Action)"/>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Run()
        {
            try
            {
                done.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
#pragma warning disable CA1031 // Not swallowed: the caller's task carries it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        }

        if (IsCurrent) Run();
        else if (!TryEnqueue(static run => ((Action)run!)(), (Action)Run)) done.SetException(new ObjectDisposedException(_thread.Name));
        return done.Task;
    }

    /// <summary>Runs asynchronous work on the thread: its awaits continue here too.</summary>
    /// <inheritdoc cref="RunAsync(Action)"/>
    public Task RunAsync(Func<Task> work) => RunAsync<Task>(work).Unwrap();

    /// <summary>Queues a continuation. After disposal it runs on the thread pool: a late await must not hang for ever.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!TryEnqueue(d, state)) ThreadPool.QueueUserWorkItem(static x => x.d(x.state), (d, state), preferLocal: false);
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => RunAsync(() => d(state)).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>
    /// Takes no more work, runs what is queued and ends. Waits for that, except on the thread itself, where the queue is
    /// run out after the caller returns.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                _arrived.Release();
            }
        }

        if (!IsCurrent) _thread.Join();
    }

    private bool TryEnqueue(SendOrPostCallback work, object? state)
    {
        lock (_gate)
        {
            // The thread itself may still queue the continuations of what it is running out.
            if (_closed && !IsCurrent) return false;
            _queue.Enqueue((work, state));
            _arrived.Release();
            return true;
        }
    }

    private void Loop()
    {
        SetSynchronizationContext(this);
        while (true)
        {
            _arrived.Wait();
            (SendOrPostCallback Work, object? State) next;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out next))
                {
                    if (_closed) return;
                    continue;
                }
            }

            next.Work(next.State);
        }
    }
}
