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
    /// <summary>Weight of the last whole chunk in the rate: after a change of pace two chunks tell most of it.</summary>
    private const double Recency = 0.5;

    private readonly int _chunk;
    private readonly EngineRates _planned;
    private int _promptTokens;
    private TimeSpan? _perToken;

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

    /// <summary>
    /// The prompt has become shorter: what is done and in flight stays, and of the rest only so many positions are left.
    /// They move together, so that from now on positions are those of the shorter row.
    /// </summary>
    /// <param name="raw">m of design section 6: positions done and in flight, at least <see cref="Ingested"/>.</param>
    /// <param name="kept">W: positions left of the prompt after those, at least 1; no more than there were.</param>
    public void Refine(int raw, int kept)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(raw, Ingested);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, _promptTokens - raw);
        _promptTokens = raw + kept;
    }

    /// <summary>The next step, given how many tokens are committed.</summary>
    public DeviceStep Next(int committed)
    {
        var left = _promptTokens + committed - Ingested;
        var count = Math.Min(_chunk, left);
        return new DeviceStep(left == 0, Ingested, count, count == left);
    }

    /// <summary>A step is done.</summary>
    /// <param name="count">Positions ingested by it.</param>
    /// <param name="took">How long it took; zero when that says nothing.</param>
    public void Done(int count, TimeSpan took)
    {
        Ingested += count;

        // Small calls cost more a token and say little; the last ones have no weight to speak of then.
        var weight = Math.Min(1, (double)count / _chunk) * Recency;
        if (count > 0 && took > TimeSpan.Zero) _perToken = PerToken + (((took / count) - PerToken) * weight);
    }

    /// <summary>What one more position takes, by the last few calls: a device that grows hot or busy shows it there.</summary>
    public TimeSpan PerToken => _perToken ?? _planned.Prefill(1);

    /// <summary>The device's rates as it seems now: one that is slow to ingest is taken to decode as slowly.</summary>
    public EngineRates Rates
    {
        get
        {
            var slower = Math.Max(1, PerToken / _planned.Prefill(1));
            return new EngineRates(1 / PerToken.TotalSeconds, _planned.DecodeTokensPerSecond / slower);
        }
    }

    /// <summary>Time until the device has ingested prompt and <paramref name="committed"/> tokens.</summary>
    /// <param name="committed">Tokens committed.</param>
    /// <param name="running">Positions of the call in flight; 0: none is.</param>
    /// <param name="elapsed">How long that call has run. Longer than expected, it says that the device has slowed down, and is taken to last as long again as it is overdue.</param>
    public TimeSpan ReadyIn(int committed, int running, TimeSpan elapsed)
    {
        var left = Math.Max(0, _promptTokens + committed - Ingested);
        if (running == 0) return left * PerToken;
        var expected = running * PerToken;
        return elapsed <= expected
            ? (left * PerToken) - elapsed
            : elapsed - expected + (Math.Max(0, left - running) * (elapsed / running));
    }
}
