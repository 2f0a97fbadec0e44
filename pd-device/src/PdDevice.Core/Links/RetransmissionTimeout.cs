namespace PdDevice.Core.Links;

/// <summary>What TCP waits before it sends again what was lost. It doubles until it comes through.</summary>
public static class RetransmissionTimeout
{
    /// <summary>Beyond a round trip: Linux's least variance term (RFC 6298 asks for more).</summary>
    private static readonly TimeSpan Variance = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(120);

    /// <param name="roundTrip">Mean.</param>
    public static TimeSpan First(TimeSpan roundTrip) => roundTrip + Variance;

    /// <param name="timeout">The one before.</param>
    public static TimeSpan Next(TimeSpan timeout) => timeout + timeout is var twice && twice < Most ? twice : Most;
}
