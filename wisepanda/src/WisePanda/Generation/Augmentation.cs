using MathNet.Numerics.Distributions;
using WisePanda.Edges;

namespace WisePanda.Generation;

/// <summary>
/// Makes another pair of a drawn one, which no law of the generator would have drawn. The slip is locally stretched and squeezed, the same for both
/// sides of the break, and each side loses a smooth layer of its own. Neither lets the top edge rise above the bottom edge where it was
/// not above it already.
/// </summary>
/// <param name="Depth">Mean depth of the lost layer at a knot, as a share of the pair's larger range plus two pixels, 0 or more.</param>
/// <param name="Warp">Standard deviation of the sideways displacement at a knot, in columns of the 64, 0 or more; three columns at most are taken.</param>
/// <param name="Quantum">Step to which heights are rounded, in pixels, above 0.</param>
public sealed record Augmentation(double Depth = 0.05, double Warp = 1, float Quantum = 1)
{
    // Knots lie 12.6 columns apart. Between two of them a cosine of at most 6 columns is nowhere steeper than 0.75, so the warp never folds.
    private const int Knots = 6;
    private const double Farthest = 3;

    /// <summary>The augmented pair, of the same names.</summary>
    public EdgePair Apply(Random random, EdgePair pair)
    {
        var warp = Smooth(() => Math.Clamp(Normal.Sample(random, 0, 1) * Warp, -Farthest, Farthest));
        var depth = Depth * (Math.Max(Range(pair.Top), Range(pair.Bottom)) + 2);
        return new EdgePair(Apply(pair.Top, -1), Apply(pair.Bottom, 1));

        Edge Apply(Edge edge, int away)
        {
            // The mean of the size of a normal number is sqrt(2 / pi) of its deviation.
            var lost = Smooth(() => Math.Abs(Normal.Sample(random, 0, 1)) * depth / Math.Sqrt(2 / Math.PI));
            var heights = new float[Edge.Width];
            for (var column = 0; column < Edge.Width; column++)
            {
                var height = At(edge.Heights.Span, column + warp[column]) + away * (float)lost[column];
                heights[column] = MathF.Round(height / Quantum) * Quantum;
            }
            return new Edge(edge.Fragment, edge.End, heights);
        }
    }

    private static float Range(Edge edge) => edge.Heights.ToArray().Max() - edge.Heights.ToArray().Min();

    private static double[] Smooth(Func<double> draw)
    {
        var knots = Enumerable.Range(0, Knots).Select(_ => draw()).ToArray();
        return [.. Enumerable.Range(0, Edge.Width).Select(column =>
        {
            var at = column * (Knots - 1.0) / (Edge.Width - 1);
            var left = Math.Min((int)at, Knots - 2);
            return knots[left] + (knots[left + 1] - knots[left]) * (1 - Math.Cos(Math.PI * (at - left))) / 2;
        })];
    }

    // Both products and their sum are monotone in the heights, so what was not above stays so to the last bit.
    private static float At(ReadOnlySpan<float> heights, double at)
    {
        at = Math.Clamp(at, 0, Edge.Width - 1);
        var left = Math.Min((int)at, Edge.Width - 2);
        var share = (float)(at - left);
        return heights[left] * (1 - share) + heights[left + 1] * share;
    }
}
