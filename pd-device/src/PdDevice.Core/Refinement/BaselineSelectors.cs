using PdDevice.Core.Sampling;

namespace PdDevice.Core.Refinement;

/// <summary>Evenly spread units: what a refined prompt is worth without knowing what matters.</summary>
public sealed class UniformSelector : ISelector
{
    public string Name => "uniform";

    public bool NeedsAttention => false;

    // The bits of a unit's number in reverse: the best half by this are every second unit, the best quarter every fourth.
    public float[] Score(SelectorInput input) => input.Units.Spread(unit =>
    {
        var reversed = 0u;
        for (var bit = 0; bit < 32; bit++) reversed |= (((uint)unit >> bit) & 1) << (31 - bit);
        return 1 - (reversed / (float)(1L << 32));
    });
}

/// <summary>The end of the prompt, as a sliding window keeps it.</summary>
public sealed class RecencySelector : ISelector
{
    public string Name => "recency";

    public bool NeedsAttention => false;

    public float[] Score(SelectorInput input) => input.Units.Spread(unit => (unit + 1f) / input.Units.Count);
}

/// <summary>Units drawn by chance, from the seed.</summary>
public sealed class RandomSelector : ISelector
{
    public string Name => "random";

    public bool NeedsAttention => false;

    public float[] Score(SelectorInput input) => input.Units.Spread(unit => (float)new PositionNoise(input.Seed, unit).Uniform(0));
}
