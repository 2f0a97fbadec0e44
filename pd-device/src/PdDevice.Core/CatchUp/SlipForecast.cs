using PdDevice.Core.Planning;

namespace PdDevice.Core.CatchUp;

/// <summary>
/// Whether the shown tokens would run out before the device is ready, and how large a continuation would bridge that.
/// Asked whenever no assist is running and the device has not taken over.
/// </summary>
public static class SlipForecast
{
    /// <param name="readyIn">When the device will have ingested all that is committed, from now.</param>
    /// <param name="exhaustedIn">When the token after the last committed one is due for display, from now; may be negative.</param>
    /// <param name="bentIn">The same where the pace bends as far as is better than asking; not before <paramref name="exhaustedIn"/>.</param>
    /// <param name="firstIn">When a continuation's first token would arrive, from now.</param>
    /// <param name="period">Display period; zero or less never needs a continuation.</param>
    /// <param name="device">The device's rates.</param>
    /// <param name="limit">Tokens a continuation may still ask for; 0 or less: none.</param>
    /// <returns>Lease of the continuation to ask for now; 0: none is needed, or not yet.</returns>
    public static int Continuation(
        TimeSpan readyIn, TimeSpan exhaustedIn, TimeSpan bentIn, TimeSpan firstIn, TimeSpan period, EngineRates device, int limit)
    {
        if (limit <= 0 || period <= TimeSpan.Zero || readyIn <= bentIn) return 0;
        if (firstIn >= readyIn) return 0; // the device is there first
        var early = exhaustedIn - firstIn - 2 * period; // ask two tokens ahead of need, not earlier: forecasts improve
        if (early > TimeSpan.Zero) return 0;
        var shownFrom = exhaustedIn > firstIn ? exhaustedIn : firstIn;
        return AssistPlanner.Lease(readyIn, shownFrom, period, device, limit);
    }
}
