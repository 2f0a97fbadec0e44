using PdDevice.Device.Telemetry;
using PdDevice.Inference;

namespace PdDevice.Device.Conversations;

/// <summary>
/// While no request waits, makes the device hold the whole of its last conversation: what a refined prompt left out, and
/// what the cloud made of an answer. It begins where the common raw prefix ends and goes on chunk by chunk; a request that
/// comes breaks off the chunk and goes first. It costs that prefill and no memory beyond it: docs/adr/0012-idle-completion.md.
/// </summary>
/// <param name="engine">The device's.</param>
/// <param name="held">What it holds.</param>
/// <param name="turn">Held while the engine works; requests queue for it, first come first served.</param>
/// <param name="chunk">Positions one engine call ingests at most.</param>
/// <param name="metrics">Where the positions are counted.</param>
public sealed class IdleCompletion(IEngine engine, HeldContext held, SemaphoreSlim turn, int chunk, DeviceMetrics metrics)
{
    private readonly EngineBatch _batch = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource? _step;
    private Task _running = Task.CompletedTask;
    private bool _stopped;

    /// <summary>The last conversation is known: completes it, after whatever still runs.</summary>
    public void Wake() => _running = RunAsync(_running);

    /// <summary>A request comes: the call in flight ends soon, and what it would have ingested is taken up again afterwards.</summary>
    public void Yield()
    {
        lock (_gate) _step?.Cancel();
    }

    /// <summary>Ends it; returns when the engine is no longer used.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            _step?.Cancel();
        }

        return _running;
    }

    private async Task RunAsync(Task before)
    {
        await before;
        while (await StepAsync())
        {
        }
    }

    private async Task<bool> StepAsync()
    {
        using var step = new CancellationTokenSource();
        lock (_gate)
        {
            if (_stopped) return false;
            _step = step; // before the turn is waited for, so that no request is missed
        }

        try
        {
            await turn.WaitAsync(step.Token); // behind every request that waits already
            try
            {
                var done = await held.CompleteAsync(_batch, Math.Min(chunk, engine.MaxBatchTokens), step.Token);
                metrics.Completed(done);
                return done > 0;
            }
            finally
            {
                turn.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return true; // a request came, or the end
        }
        catch (EngineException)
        {
            return false; // nobody waits for it: the next answer prefills what is missing, and names what is wrong
        }
        finally
        {
            lock (_gate) _step = null;
        }
    }
}
