using PdDevice.Core.Planning;

namespace PdDevice.Core.CatchUp;

/// <summary>What the device's engine does next.</summary>
/// <param name="TakeOver">Everything known is ingested: the device produces the next token.</param>
/// <param name="From">First position to ingest, in prompt followed by ledger.</param>
/// <param name="Count">Positions to ingest in this call, at least 1; 0 when taking over.</param>
/// <param name="WantLogits">The last position is the last known one, so its logits may be needed.</param>
public readonly record struct DeviceStep(bool TakeOver, int From, int Count, bool WantLogits);

/// <summary>
/// How far the device is. Its input is one row of positions: the prompt, then the ledger's tokens as they are committed.
/// It has caught up when it has ingested all of them, and takes over at once: from then on every cloud token is dropped.
/// </summary>
public sealed class CatchUpTracker
{
    private readonly int _promptTokens;
    private readonly int _chunk;
    private readonly EngineRates _planned;
    private TimeSpan _busy;
    private int _done;

    /// <param name="promptTokens">N, at least 1.</param>
    /// <param name="rates">The device's expected rates; the real ones are learned from <see cref="Done"/>.</param>
    /// <param name="chunk">Largest number of positions in one call, at least 1.</param>
    /// <param name="held">Positions of the prompt the device holds already, 0 (default) to <paramref name="promptTokens"/> - 1.</param>
    public CatchUpTracker(int promptTokens, EngineRates rates, int chunk, int held = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(held);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(held, promptTokens);
        (_promptTokens, _planned, _chunk, Ingested) = (promptTokens, rates, chunk, held);
    }

    /// <summary>Positions ingested: of the prompt first, then of the ledger.</summary>
    public int Ingested { get; private set; }

    /// <summary>The next step, given how many tokens are committed.</summary>
    public DeviceStep Next(int committed)
    {
        var left = _promptTokens + committed - Ingested;
        var count = Math.Min(_chunk, left);
        return new DeviceStep(left == 0, Ingested, count, count == left);
    }

    /// <summary>A step is done.</summary>
    /// <param name="count">Positions ingested by it.</param>
    /// <param name="took">How long it took, zero or more.</param>
    public void Done(int count, TimeSpan took)
    {
        Ingested += count;
        _done += count;
        _busy += took;
    }

    /// <summary>Time until the device has ingested prompt and <paramref name="committed"/> tokens, at the rate seen so far.</summary>
    public TimeSpan ReadyIn(int committed) =>
        Seconds(Math.Max(0, _promptTokens + committed - Ingested));

    // A few chunks say more about this device today than a measurement made yesterday.
    private TimeSpan Seconds(int positions) =>
        _done >= 4 * _chunk && _busy > TimeSpan.Zero ? _busy / _done * positions : _planned.Prefill(positions);
}
