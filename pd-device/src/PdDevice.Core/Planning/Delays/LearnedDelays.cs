namespace PdDevice.Core.Planning.Delays;

/// <summary>
/// What varies from answer to answer, as one device has seen it: three distributions, each fed by what happened and read
/// at the quantile a plan needs. Not safe for concurrent use.
/// </summary>
public sealed class LearnedDelays
{
    /// <summary>Values after which one weighs half: a change of network or heat shows within some dozens of answers.</summary>
    public const double HalfLife = 100;

    /// <summary>
    /// <see cref="QuantileSketch.Count"/> from which on extremes may be trusted: with old values fading, 22 of them. A plan
    /// reads the largest and smallest seen, and of exchangeable values the next is beyond the largest of n with a chance of
    /// 1/(n + 1): below one in twenty then.
    /// </summary>
    public const double Least = 20;

    private int _spared;

    /// <summary>Seconds an assist waited in the cloud before its prefill began, as far as known: first token minus round trip minus prefill.</summary>
    public QuantileSketch CloudWait { get; private set; } = new(HalfLife);

    /// <summary>Seconds the link took beyond the shortest round trip seen.</summary>
    public QuantileSketch LinkJitter { get; } = new(HalfLife);

    /// <summary>Time of the device's prefill over the time its rate promised: 1 as promised, 1.2 a fifth slower (heat, other programs).</summary>
    public QuantileSketch Slowdown { get; } = new(HalfLife);

    /// <summary>Shortest round trip of the link that was measured, seconds; null: none was.</summary>
    public double? ShortestRoundTrip { get; private set; }

    /// <summary>Whether enough is known to plan by: of the device's slowdown and of the cloud's wait, for one wait by chance is not the shortest.</summary>
    public bool Suffice => Slowdown.Count >= Least && CloudWait.Count >= Least;

    /// <summary>An answer did without the cloud because of what is known. After <see cref="Least"/> of them the waits are forgotten: nobody would learn that they are over.</summary>
    public void Spared()
    {
        if (++_spared < Least) return;
        _spared = 0;
        CloudWait = new QuantileSketch(HalfLife);
    }

    /// <summary>Takes in a round trip of the link: what it took beyond the shortest is jitter.</summary>
    /// <param name="seconds">0 or more.</param>
    public void RoundTrip(double seconds)
    {
        ShortestRoundTrip = Math.Min(seconds, ShortestRoundTrip ?? seconds);
        LinkJitter.Add(seconds - ShortestRoundTrip.Value);
    }
}
