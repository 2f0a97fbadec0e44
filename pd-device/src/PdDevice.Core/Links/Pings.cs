namespace PdDevice.Core.Links;

/// <summary>What a few pings measured together, and what a piece of data draws from it.</summary>
/// <param name="AverageMs">Mean round trip.</param>
/// <param name="MinMs">Shortest.</param>
/// <param name="MaxMs">Longest.</param>
/// <param name="DeviationMs">Standard deviation.</param>
/// <param name="Lost">Share lost, 0 to 1.</param>
public readonly record struct Pings(double AverageMs, double MinMs, double MaxMs, double DeviationMs, double Lost)
{
    /// <summary>Share of packets lost one way, 0 to 1: a ping is lost when either way loses it.</summary>
    public double LostOneWay => Lost == 0 ? 0 : 1 - Math.Sqrt(1 - Lost);

    /// <summary>A round trip, ms: normal, kept within the shortest and the longest.</summary>
    /// <param name="normal">A standard normal deviate.</param>
    public double RoundTripMs(double normal) => Math.Clamp(AverageMs + (normal * DeviationMs), MinMs, MaxMs);
}
