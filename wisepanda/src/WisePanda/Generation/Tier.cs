using MathNet.Numerics.Distributions;

namespace WisePanda.Generation;

/// <summary>How a synthetic set is drawn, seen from the training.</summary>
public enum Tier
{
    /// <summary>As the training pairs: published crack or Weibull bundle; published corrosion or chips.</summary>
    Same,

    /// <summary>The same laws with parameters outside the training range: more wear, more loss, larger displacements, other amplitudes.</summary>
    Outside,

    /// <summary>Laws that training never draws: autoregressive walk, curvature flow.</summary>
    OtherLaws,
}

/// <summary>The generators of the three tiers. Ranges are uniform unless said; units are those of the laws' parameters.</summary>
public static class Tiers
{
    /// <summary>The nuisances of the training pairs.</summary>
    public static Nuisances Training { get; } = new();

    /// <param name="tier">Which set.</param>
    /// <param name="difficulty">Multiplies the nuisances; 1 is tuned so that the shift +-4 L1 baseline finds as much as on real pairs.</param>
    public static PairGenerator Generator(this Tier tier, double difficulty = 1) => tier switch
    {
        Tier.Same => new PairGenerator(Seen.Times(difficulty), Training.Times(difficulty), NuisanceSpread, Amplitude, AmplitudeSpread),
        Tier.Outside => new PairGenerator(Beyond.Times(difficulty), Rougher.Times(difficulty), NuisanceSpread, Amplitude * 1.5, AmplitudeSpread * 1.2),
        Tier.OtherLaws => new PairGenerator(Unseen.Times(difficulty), Training.Times(difficulty), NuisanceSpread, Amplitude, AmplitudeSpread),
        _ => throw new ArgumentOutOfRangeException(nameof(tier)),
    };

    private const double Amplitude = 15;
    private const double AmplitudeSpread = 1;
    private const double NuisanceSpread = 0.9;
    private const double SecondBreak = 0.15;

    private static readonly Nuisances Rougher = Training with { LossDepth = Training.LossDepth * 1.5, Roughness = Training.Roughness * 1.5, Shift = Training.Shift * 1.5, Quantum = 0.25f };

    private static readonly PairLaws Seen = new(
        random => Splits(random, random.NextDouble() < 0.6 ? new PublishedFracture(Uniform(random, 3, 12)) : new WeibullBundle(Uniform(random, 1, 3), Uniform(random, 1, 4))),
        random => random.NextDouble() < 0.6 ? new PublishedCorrosion(LogUniform(random, 0.001, 0.02), random.Next(300, 1001)) : new Chipping(random.Next(20, 200), random.Next(4, 16)),
        SecondBreak,
        random => (int)LogUniform(random, 16, 190));

    private static readonly PairLaws Beyond = new(
        random => Splits(random, random.NextDouble() < 0.6 ? new PublishedFracture(Uniform(random, 1, 2)) : new WeibullBundle(Uniform(random, 4.5, 8), Uniform(random, 0.5, 1))),
        random => random.NextDouble() < 0.6 ? new PublishedCorrosion(LogUniform(random, 0.025, 0.05), random.Next(1001, 1501)) : new Chipping(random.Next(200, 400), random.Next(24, 31)),
        SecondBreak * 1.5,
        random => random.Next(201, 300));

    private static readonly PairLaws Unseen = new(
        random => new AutoregressiveWalk(Uniform(random, 0.5, 0.98), 1, Uniform(random, 1.5, 5)),
        random => new CurvatureFlow(LogUniform(random, 0.5, 60)),
        SecondBreak,
        random => (int)LogUniform(random, 16, 190));

    private static SplitFracture Splits(Random random, IFracture law) => new(law, 0.8, Uniform(random, 0.2, 1.2));

    private static float Uniform(Random random, double from, double to) => (float)ContinuousUniform.Sample(random, from, to);

    private static float LogUniform(Random random, double from, double to) => MathF.Exp(Uniform(random, Math.Log(from), Math.Log(to)));
}
