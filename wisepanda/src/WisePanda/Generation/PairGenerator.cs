using MathNet.Numerics.Distributions;
using WisePanda.Edges;

namespace WisePanda.Generation;

/// <summary>Draws a fracture, a wear, and the number of fibres for one pair.</summary>
/// <param name="Fracture">Draws the law of the break and its parameters.</param>
/// <param name="Erosion">Draws the law of the wear and its parameters.</param>
/// <param name="SecondBreak">Chance, 0 to 1, that an edge broke a second time and lost what stood above another, flatter break of the same law.</param>
/// <param name="Fibres">Draws the number of fibres across the slip, 16 to 512.</param>
public sealed record PairLaws(Func<Random, IFracture> Fracture, Func<Random, IErosion> Erosion, double SecondBreak, Func<Random, int> Fibres)
{
    /// <summary>The same laws with second breaks as much likelier.</summary>
    public PairLaws Times(double difficulty) => this with { SecondBreak = Math.Min(1, SecondBreak * difficulty) };
}

/// <summary>
/// Generates the two edges of a break. The break is one line; each side is worn on its own and only loses material, so before the
/// nuisances the top edge is nowhere above the bottom edge: the two do not penetrate.
/// </summary>
/// <param name="laws">The laws of breaking and wearing.</param>
/// <param name="nuisances">What happens to each edge afterwards, on the average.</param>
/// <param name="nuisanceSpread">Standard deviation of the logarithm of the factor, common to both edges of a pair, that the nuisances are multiplied with: some breaks are fresh, some are worn.</param>
/// <param name="amplitude">Median of the break's range in pixels, above 0.</param>
/// <param name="amplitudeSpread">Standard deviation of the logarithm of that range, 0 or more.</param>
public sealed class PairGenerator(PairLaws laws, Nuisances nuisances, double nuisanceSpread, double amplitude, double amplitudeSpread)
{
    /// <summary>Draws a pair; the two edges belong to fragments named <c>NAME below</c> and <c>NAME above</c>.</summary>
    public EdgePair Draw(Random random, string name)
    {
        var (top, bottom, range) = Worn(random);
        var here = nuisances.Times(LogNormal.Sample(random, 0, nuisanceSpread));
        return new EdgePair(
            new Edge($"{name} below", EdgeEnd.Top, here.Apply(random, EdgeEnd.Top, top, range)),
            new Edge($"{name} above", EdgeEnd.Bottom, here.Apply(random, EdgeEnd.Bottom, bottom, range)));
    }

    /// <summary>Draws pairs named 0, 1, 2 and so on.</summary>
    public IReadOnlyList<EdgePair> Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(index => Draw(random, $"{index}"))];

    /// <summary>The two worn sides in pixels, one height per fibre, before the nuisances, and the range of the break.</summary>
    internal (float[] Top, float[] Bottom, float Range) Worn(Random random)
    {
        var fibres = laws.Fibres(random);
        var range = (float)LogNormal.Sample(random, Math.Log(amplitude), amplitudeSpread);
        var top = Break(random, fibres, range);
        var bottom = Array.ConvertAll(top, height => -height);
        Age(random, top, range);
        Age(random, bottom, range);
        return (top, Array.ConvertAll(bottom, height => -height), range);
    }

    private float[] Break(Random random, int fibres, float range)
    {
        var heights = new float[fibres];
        laws.Fracture(random).Draw(random, heights);
        var scale = range / Math.Max(heights.Max() - heights.Min(), 1e-3f);
        return Array.ConvertAll(heights, height => height * scale);
    }

    private void Age(Random random, float[] heights, float range)
    {
        if (random.NextDouble() < laws.SecondBreak)
        {
            var second = Break(random, heights.Length, range * random.NextSingle());
            var above = heights.Zip(second, (height, cut) => height - cut).Order().ToArray();
            // The second break lies so that it takes something off a random share of the fibres.
            var lift = above[random.Next(above.Length)];
            for (var fibre = 0; fibre < heights.Length; fibre++) heights[fibre] = Math.Min(heights[fibre], second[fibre] + lift);
        }
        laws.Erosion(random).Wear(random, heights);
    }
}
