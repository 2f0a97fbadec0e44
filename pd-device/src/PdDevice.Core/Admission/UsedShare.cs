namespace PdDevice.Core.Admission;

/// <summary>
/// Learns which share of the tokens that may be generated is generated in the end: a device lets go before its lease is
/// used up, an answer ends before its limit. A forecast that took every limit for the truth would send people away for
/// too long. Starts at all of them.
/// </summary>
public sealed class UsedShare
{
    private const double Weight = 0.1; // of the newest
    private double _share = 1;

    /// <summary>Notes a generation that has come to its end.</summary>
    /// <param name="most">Tokens it could have generated, at least 1.</param>
    /// <param name="generated">Tokens it did.</param>
    public void Observe(int most, int generated) => _share += Weight * (((double)generated / most) - _share);

    /// <summary>Tokens a running generation is expected to generate still: at least 1, as long as its limit allows one.</summary>
    public int Left(int most, int generated) =>
        (int)Math.Clamp(Math.Ceiling(_share * most) - generated, Math.Min(1, most - generated), most - generated);
}
