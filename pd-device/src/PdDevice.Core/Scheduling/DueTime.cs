namespace PdDevice.Core.Scheduling;

/// <summary>When a generation's next token is wanted, seconds on the caller's clock. For the order of work only, never to slow it.</summary>
public static class DueTime
{
    /// <summary>A first token is due this long after it was asked for at the latest, seconds, so that nobody waits for ever behind the urgent.</summary>
    public const double FirstTokenPatience = 1;

    /// <param name="asked">When it was asked for.</param>
    /// <param name="readyIn">Seconds from then until the device could go on alone, when the token is worth nothing any more; null where nobody could.</param>
    public static double First(double asked, double? readyIn) =>
        asked + Math.Min(readyIn ?? FirstTokenPatience, FirstTokenPatience);

    /// <summary>What is shown at a pace is due by it; what is shown as it comes competes by how long it has waited.</summary>
    /// <param name="first">When the first token was generated.</param>
    /// <param name="last">When the last one was.</param>
    /// <param name="tokens">How many there are.</param>
    /// <param name="pace">Display period, seconds; 0 for none.</param>
    public static double Next(double first, double last, int tokens, double pace) =>
        pace > 0 ? first + (tokens * pace) : last;
}
