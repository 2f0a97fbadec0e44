namespace PdDevice.Simulation.Events;

/// <summary>
/// A stream of random numbers that is a function of its seed alone: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). A
/// value, so that each request has its own and no policy disturbs the luck of another.
/// </summary>
public struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The stream of one thing among many.</summary>
    public static SeededRandom For(ulong seed, long index) => new(Mix(seed + 0x9E3779B97F4A7C15) ^ Mix((ulong)index + 0xD1B54A32D192ED03));

    /// <summary>0 up to, and not including, 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 up to, and not including, <paramref name="most"/>, which is at least 1.</summary>
    public long NextBelow(long most) => (long)(NextDouble() * most);

    /// <summary>Exponential with mean 1.</summary>
    public double NextExponential() => -Math.Log(1 - NextDouble());

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    private ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
