using System.Numerics.Tensors;
using MathNet.Numerics.Distributions;

namespace WisePanda.Generation;

/// <summary>A law of fracture: it draws the line along which a slip broke.</summary>
public interface IFracture
{
    /// <summary>Fills one height per fibre, from left to right, in fibre widths.</summary>
    void Draw(Random random, Span<float> heights);
}

/// <summary>
/// The published crack: it turns at each fibre by an angle x with density proportional to K cos(x/2) / sqrt(2 pi L / cos(theta + x)),
/// theta being its direction so far, and rises by tan(theta) / L. The first direction is uniform. K and 2 pi L scale the whole density and
/// cancel when it is normalised, so only L is left: it sets how far the crack rises.
/// </summary>
/// <param name="Length">L in fibre widths, above 0; seen: 3 and 10.</param>
public sealed record PublishedFracture(float Length) : IFracture
{
    /// <summary>The crack never runs along a fibre for more than this many fibre widths times 1 / L: the tangent has no bound of its own.</summary>
    private const double SteepestTangent = 200;

    public void Draw(Random random, Span<float> heights)
    {
        var direction = Uniform(random);
        var height = 0f;
        foreach (ref var fibre in heights)
        {
            direction = Turn(random, direction);
            height += (float)Math.Clamp(Math.Tan(direction), -SteepestTangent, SteepestTangent) / Length;
            fibre = height;
        }
    }

    // Rejection: both factors of the density are at most 1, and a turn of at most pi keeps cos(x/2) from being negative.
    private static double Turn(Random random, double direction)
    {
        while (true)
        {
            var next = Uniform(random);
            if (random.NextDouble() < Math.Cos((next - direction) / 2) * Math.Sqrt(Math.Cos(next))) return next;
        }
    }

    private static double Uniform(Random random) => (random.NextDouble() - 0.5) * Math.PI;
}

/// <summary>
/// A bundle of fibres whose strength varies along them as a Weibull law. Each fibre breaks where stress over strength is greatest; the
/// stress of the fibre before, which has broken, decays exponentially with the distance from its break.
/// </summary>
/// <param name="Shape">Weibull modulus, above 0; small is a wide scatter of strength and a rough break.</param>
/// <param name="Reach">Distance over which the stress falls to 1/e, in fibre widths, above 0.</param>
public sealed record WeibullBundle(float Shape, float Reach) : IFracture
{
    private const int Farthest = 24;

    public void Draw(Random random, Span<float> heights)
    {
        var height = 0f;
        foreach (ref var fibre in heights)
        {
            var (best, at) = (double.NegativeInfinity, 0f);
            for (var step = -Farthest; step <= Farthest; step++)
            {
                var margin = -Math.Abs(step) / (double)Reach - Math.Log(Weibull.Sample(random, Shape, 1));
                if (margin > best) (best, at) = (margin, step);
            }
            fibre = height += at;
        }
    }
}

/// <summary>A walk whose slope is autoregressive with heavy-tailed shocks: no physics, only the statistics of a rough line.</summary>
/// <param name="Memory">How much of a slope is left at the next fibre, 0 to below 1.</param>
/// <param name="Scale">Size of a shock in fibre widths per fibre, above 0.</param>
/// <param name="Freedom">Degrees of freedom of the Student law of the shocks, above 1; small is heavy tails.</param>
public sealed record AutoregressiveWalk(float Memory, float Scale, float Freedom) : IFracture
{
    public void Draw(Random random, Span<float> heights)
    {
        var (height, slope) = (0f, 0f);
        foreach (ref var fibre in heights)
        {
            slope = Memory * slope + (float)StudentT.Sample(random, 0, Scale, Freedom);
            fibre = height += slope;
        }
    }
}

/// <summary>Another law's break with splits: in places the crack runs along a fibre, which makes a step. Bamboo splits easily.</summary>
/// <param name="Law">The break between the splits.</param>
/// <param name="Splits">Mean number of splits (Poisson), above 0.</param>
/// <param name="Height">Mean height of a split as a share of the law's own range (exponential), above 0.</param>
public sealed record SplitFracture(IFracture Law, double Splits, double Height) : IFracture
{
    public void Draw(Random random, Span<float> heights)
    {
        Law.Draw(random, heights);
        var range = TensorPrimitives.Max<float>(heights) - TensorPrimitives.Min<float>(heights);
        for (var splits = Poisson.Sample(random, Splits); splits > 0; splits--)
        {
            var step = (float)Exponential.Sample(random, 1 / Height) * range * (random.Next(2) * 2 - 1);
            foreach (ref var height in heights[random.Next(1, heights.Length)..]) height += step;
        }
    }
}
