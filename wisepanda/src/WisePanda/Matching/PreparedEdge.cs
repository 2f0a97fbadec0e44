using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>An edge with what the costs need of it, worked out once.</summary>
public sealed class PreparedEdge
{
    private readonly float[] meanCentred = new float[Edge.Width];
    private readonly float[] medianCentred = new float[Edge.Width];
    private readonly float[] gradient = new float[Edge.Width];

    public PreparedEdge(Edge edge)
    {
        Edge = edge;
        var heights = edge.Heights.Span;
        TensorPrimitives.Subtract(heights, TensorPrimitives.Sum(heights) / Edge.Width, meanCentred);
        TensorPrimitives.Subtract(heights, Median(heights), medianCentred);
        Gradients.Smooth(heights, gradient);
        Range = TensorPrimitives.Max(heights) - TensorPrimitives.Min(heights);
        Deviation = TensorPrimitives.Norm(meanCentred.AsSpan()) / MathF.Sqrt(Edge.Width);
        for (var i = 1; i < Edge.Width; i++) Variation += Math.Abs(heights[i] - heights[i - 1]);
    }

    public Edge Edge { get; }

    /// <summary>Heights as in the file, in pixels.</summary>
    public ReadOnlySpan<float> Heights => Edge.Heights.Span;

    /// <summary>Heights above their mean, in pixels.</summary>
    public ReadOnlySpan<float> MeanCentred => meanCentred;

    /// <summary>Heights above their median, in pixels.</summary>
    public ReadOnlySpan<float> MedianCentred => medianCentred;

    /// <summary>Smoothed slope at each column, in pixels per column.</summary>
    public ReadOnlySpan<float> Gradient => gradient;

    /// <summary>Highest minus lowest height, in pixels.</summary>
    public float Range { get; }

    /// <summary>Sum of the absolute steps between columns, in pixels.</summary>
    public float Variation { get; }

    /// <summary>Standard deviation of the heights, in pixels.</summary>
    public float Deviation { get; }

    /// <summary>The median of up to <see cref="Edge.Width"/> values.</summary>
    internal static float Median(ReadOnlySpan<float> values)
    {
        Span<float> sorted = stackalloc float[Edge.Width];
        sorted = sorted[..values.Length];
        values.CopyTo(sorted);
        sorted.Sort();
        return (sorted[(values.Length - 1) / 2] + sorted[values.Length / 2]) / 2;
    }
}
