namespace PdDevice.Core.Planning.Delays;

/// <summary>
/// What varies from answer to answer, as one device has seen it: three distributions, each fed by what happened and read
/// at the quantile a plan needs. Not safe for concurrent use.
/// </summary>
public sealed class LearnedDelays
{
    /// <summary>Values after which one weighs half: a change of network or heat shows within some dozens of answers.</summary>
    public const double HalfLife = 100;

    /// <summary>Seconds an assist waited in the cloud before its prefill began, as far as known: first token minus round trip minus prefill.</summary>
    public QuantileSketch CloudWait { get; } = new(HalfLife);

    /// <summary>Seconds the link took beyond the shortest round trip seen.</summary>
    public QuantileSketch LinkJitter { get; } = new(HalfLife);

    /// <summary>Time of the device's prefill over the time its rate promised: 1 as promised, 1.2 a fifth slower (heat, other programs).</summary>
    public QuantileSketch Slowdown { get; } = new(HalfLife);
}
