using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>
/// Mean absolute difference after the best sideways shift and the median offset, in pixels. This is the strongest published-style baseline.
/// </summary>
/// <param name="shift">Largest shift to either side, in columns, 0 to 16.</param>
public sealed class ShiftedL1(int shift = 4) : IMatchCost
{
    public string Name => $"shift +-{shift} L1";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        for (var by = -shift; by <= shift; by++)
        {
            var difference = Overlap.Difference(top.Heights, bottom.Heights, by, buffer);
            difference.Sort();
            // Above the median minus below it is the sum of absolute differences from it.
            var half = difference.Length / 2;
            var sum = TensorPrimitives.Sum<float>(difference[^half..]) - TensorPrimitives.Sum<float>(difference[..half]);
            best = Math.Min(best, sum / difference.Length);
        }
        return best;
    }
}

/// <summary>Mean absolute difference of the smoothed slopes after the best sideways shift, in pixels per column: blind to offset and to slow tilt.</summary>
/// <param name="shift">Largest shift to either side, in columns, 0 to 16.</param>
public sealed class GradientCost(int shift = 4) : IMatchCost
{
    public string Name => "smoothed gradient";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        for (var by = -shift; by <= shift; by++)
        {
            var difference = Overlap.Difference(top.Gradient, bottom.Gradient, by, buffer);
            best = Math.Min(best, TensorPrimitives.SumOfMagnitudes<float>(difference) / difference.Length);
        }
        return best;
    }
}

/// <summary>Two lines laid on each other with a shift.</summary>
internal static class Overlap
{
    /// <summary>Top minus bottom where both have a column, the top moved left by <paramref name="by"/> columns.</summary>
    public static Span<float> Difference(ReadOnlySpan<float> top, ReadOnlySpan<float> bottom, int by, Span<float> buffer)
    {
        var count = top.Length - Math.Abs(by);
        buffer = buffer[..count];
        TensorPrimitives.Subtract(top.Slice(Math.Max(0, by), count), bottom.Slice(Math.Max(0, -by), count), buffer);
        return buffer;
    }
}
