using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>Root mean square difference of the heights as they are, in pixels.</summary>
public sealed class RawL2 : IMatchCost
{
    public string Name => "raw L2";

    public bool KeepsOffset => true;

    public float Between(PreparedEdge top, PreparedEdge bottom) => TensorPrimitives.Distance(top.Heights, bottom.Heights) / MathF.Sqrt(Edge.Width);
}

/// <summary>Root mean square difference of the heights above their means, in pixels.</summary>
public sealed class CentredL2 : IMatchCost
{
    public string Name => "mean-centred L2";

    public float Between(PreparedEdge top, PreparedEdge bottom) => TensorPrimitives.Distance(top.MeanCentred, bottom.MeanCentred) / MathF.Sqrt(Edge.Width);
}

/// <summary>One minus Pearson's correlation, 0 to 2; a level edge correlates with nothing and costs 1.</summary>
public sealed class PearsonCost : IMatchCost
{
    public string Name => "Pearson";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var both = top.Deviation * bottom.Deviation * Edge.Width;
        return both > 0 ? 1 - TensorPrimitives.Dot(top.MeanCentred, bottom.MeanCentred) / both : 1;
    }
}

/// <summary>Discrete Frechet distance of the two lines, whose points are (column, height above the median), in pixels.</summary>
public sealed class FrechetCost : IMatchCost
{
    public string Name => "discrete Frechet";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var a = top.MedianCentred;
        var b = bottom.MedianCentred;
        Span<float> row = stackalloc float[Edge.Width];
        row.Fill(float.PositiveInfinity);
        for (var i = 0; i < Edge.Width; i++)
        {
            var (diagonal, left) = (i == 0 ? 0 : float.PositiveInfinity, float.PositiveInfinity);
            for (var j = 0; j < Edge.Width; j++)
            {
                var (across, up) = (i - j, a[i] - b[j]);
                var reach = Math.Min(Math.Min(row[j], left), diagonal);
                diagonal = row[j];
                row[j] = left = Math.Max(reach, across * across + up * up);
            }
        }
        return MathF.Sqrt(row[^1]);
    }
}
