using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>Dynamic time warping of the heights above their medians by absolute difference, in pixels per column.</summary>
/// <param name="window">Largest displacement of a column, 1 to 16.</param>
public sealed class CentredWarp(int window = 6) : IMatchCost
{
    public string Name => $"median-centred DTW {window}";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        Span<float> local = stackalloc float[(2 * window + 1) * Edge.Width];
        for (var band = 0; band <= 2 * window; band++)
        {
            var line = BandedWarp.Difference(top.MedianCentred, bottom.MedianCentred, local, window, band);
            TensorPrimitives.Abs(line, line);
        }
        return BandedWarp.Cost(local, window);
    }
}

/// <summary>
/// Dynamic time warping of the heights above their medians where a column costs log(1 + x^2), x in pixels: a piece lost costs little more
/// the deeper it is. Material can be missing but not be in the same place twice, so a gap counts less than penetration.
/// </summary>
/// <param name="window">Largest displacement of a column, 1 to 16.</param>
/// <param name="gap">Weight of a gap (top below bottom) where penetration weighs 1, 0 to 1.</param>
public sealed class CauchyWarp(int window = 3, float gap = 0.5f) : IMatchCost
{
    public string Name => $"Cauchy DTW {window}";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        Span<float> local = stackalloc float[(2 * window + 1) * Edge.Width];
        Span<float> weight = stackalloc float[Edge.Width];
        for (var band = 0; band <= 2 * window; band++)
        {
            var line = BandedWarp.Difference(top.MedianCentred, bottom.MedianCentred, local, window, band);
            for (var i = 0; i < line.Length; i++) weight[i] = line[i] < 0 ? gap : 1;
            TensorPrimitives.Multiply(line, line, line);
            TensorPrimitives.LogP1(line, line);
            TensorPrimitives.Multiply(line, weight[..line.Length], line);
        }
        return BandedWarp.Cost(local, window);
    }
}

/// <summary>Warping inside a band: column i of the top may meet columns i - window to i + window of the bottom.</summary>
internal static class BandedWarp
{
    /// <summary>Fills one diagonal of the band, top[i] - bottom[i + band - window], and gives the part where both have a column.</summary>
    public static Span<float> Difference(ReadOnlySpan<float> top, ReadOnlySpan<float> bottom, Span<float> local, int window, int band)
    {
        var diagonal = local.Slice(band * Edge.Width, Edge.Width);
        diagonal.Fill(float.PositiveInfinity);
        var by = band - window;
        var (from, count) = (Math.Max(0, -by), Edge.Width - Math.Abs(by));
        var part = diagonal.Slice(from, count);
        TensorPrimitives.Subtract(top.Slice(from, count), bottom.Slice(from + by, count), part);
        return part;
    }

    /// <summary>The cheapest path from the first columns to the last, divided by the number of columns.</summary>
    /// <param name="local">Cost of each cell, one row of <see cref="Edge.Width"/> a diagonal, infinite outside.</param>
    /// <param name="window">Half the number of diagonals.</param>
    public static float Cost(ReadOnlySpan<float> local, int window)
    {
        var bands = 2 * window + 1;
        Span<float> path = stackalloc float[bands + 1];
        path.Fill(float.PositiveInfinity);
        for (var i = 0; i < Edge.Width; i++)
        {
            var left = float.PositiveInfinity;
            for (var band = 0; band < bands; band++)
            {
                // path[band] still holds the row before: its diagonal step; path[band + 1] is the step straight up.
                var reach = i == 0 && band == window ? 0 : Math.Min(Math.Min(path[band], path[band + 1]), left);
                path[band] = left = reach + local[band * Edge.Width + i];
            }
        }
        return path[window] / Edge.Width;
    }
}
