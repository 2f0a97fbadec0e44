using System.Numerics;

namespace PdDevice.Core.Sampling;

/// <summary>
/// Noise of one answer index, keyed by (seed, index, token id) and nothing else: whoever draws at an index, whenever and
/// after whatever failures, draws the same. Counter-based: the bits are output number <c>token</c> of the SplitMix64
/// generator (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of its
/// finaliser: Stafford's variant 13) whose state is output number <c>index</c> of the one the mixed seed starts.
/// </summary>
public readonly struct PositionNoise(ulong seed, int index)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const double Ulp = 1.0 / (1UL << 52);
    private const double Ln2 = 0.69314718055994530942;

    private readonly ulong _key = Mix(Mix(seed + Gamma) + Gamma * ((ulong)(uint)index + 1));

    /// <summary>64 uniformly distributed bits.</summary>
    public ulong Bits(int token) => Mix(_key + Gamma * ((ulong)(uint)token + 1));

    /// <summary>Uniform, strictly inside (0, 1).</summary>
    public double Uniform(int token) => Uniform(Bits(token));

    /// <summary>Standard Gumbel noise, <c>-ln(-ln u)</c>: about -3.6 to 36.8, mean 0.577.</summary>
    public double Gumbel(int token) => Gumbel(Bits(token));

    // 52 bits and a half: exactly representable at both ends, so neither 0 nor 1 can come out by rounding.
    internal static double Uniform(ulong bits) => ((bits >> 12) + 0.5) * Ulp;

    internal static double Gumbel(ulong bits) => -Math.Log(-Math.Log(Uniform(bits)));

    /// <summary>
    /// Never below <see cref="Gumbel(ulong)"/> of the same bits and free of logarithms: since -ln u >= 1 - u, the noise is
    /// at most -ln(1 - u), and the leading zeros of 1 - u bound that.
    /// </summary>
    internal static double GumbelBound(ulong bits) => (BitOperations.LeadingZeroCount(~bits >> 12) - 11) * Ln2 + 1e-9;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
