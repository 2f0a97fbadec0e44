using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>A top edge laid on a bottom edge with a sideways shift: their sorted differences and what those cost.</summary>
internal static class Alignment
{
    /// <summary>Largest sideways shift to either side, in columns.</summary>
    public const int Shift = 4;

    /// <summary>Weight of a gap (top below bottom) where penetration weighs 1: material can be missing, but not be in the same place twice.</summary>
    public const float Gap = 0.5f;

    private const int Offsets = 7;

    /// <summary>Top minus bottom where both have a column, the top moved left by <paramref name="by"/> columns.</summary>
    public static Span<float> Difference(ReadOnlySpan<float> top, ReadOnlySpan<float> bottom, int by, Span<float> buffer)
    {
        var count = top.Length - Math.Abs(by);
        buffer = buffer[..count];
        TensorPrimitives.Subtract(top.Slice(Math.Max(0, by), count), bottom.Slice(Math.Max(0, -by), count), buffer);
        return buffer;
    }

    /// <summary>The least cost over all shifts.</summary>
    /// <param name="top">The top edge.</param>
    /// <param name="bottom">The bottom edge.</param>
    /// <param name="cost">Of the differences at one shift, which it may sort.</param>
    public static float Best(ReadOnlySpan<float> top, ReadOnlySpan<float> bottom, Func<Span<float>, float> cost)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        for (var by = -Shift; by <= Shift; by++) best = Math.Min(best, cost(Difference(top, bottom, by, buffer)));
        return best;
    }

    /// <summary>Mean absolute difference from the median, in pixels: those above it minus those below it.</summary>
    public static float Absolute(ReadOnlySpan<float> sorted)
    {
        var half = sorted.Length / 2;
        return (TensorPrimitives.Sum(sorted[^half..]) - TensorPrimitives.Sum(sorted[..half])) / sorted.Length;
    }

    /// <summary>
    /// Mean of log(1 + x^2), x in pixels from the best offset, where a gap counts <see cref="Gap"/>. The offset is searched among the
    /// deciles from the second to the eighth and not taken as the median, so that more than half of the columns may be lost.
    /// </summary>
    /// <param name="sorted">Differences, ascending.</param>
    /// <param name="scratch">As many numbers.</param>
    /// <param name="offset">The best offset, in pixels.</param>
    public static float Contact(ReadOnlySpan<float> sorted, Span<float> scratch, out float offset)
    {
        var best = float.MaxValue;
        offset = 0;
        var column = scratch[..sorted.Length];
        for (var step = 0; step < Offsets; step++)
        {
            var below = (int)((0.2f + 0.1f * step) * (sorted.Length - 1) + 0.5f);
            TensorPrimitives.Subtract(sorted, sorted[below], column);
            TensorPrimitives.Multiply(column, column, column);
            TensorPrimitives.LogP1(column, column);
            var cost = (Gap * TensorPrimitives.Sum<float>(column[..below]) + TensorPrimitives.Sum<float>(column[below..])) / sorted.Length;
            if (cost < best) (best, offset) = (cost, sorted[below]);
        }
        return best;
    }
}
