using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>Mean absolute difference after the best sideways shift and the median offset, in pixels: the strongest single baseline.</summary>
public sealed class ShiftedL1 : IMatchCost
{
    public string Name => $"shift +-{Alignment.Shift} L1";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        for (var by = -Alignment.Shift; by <= Alignment.Shift; by++)
        {
            var sorted = Alignment.Difference(top.Heights, bottom.Heights, by, buffer);
            sorted.Sort();
            best = Math.Min(best, Alignment.Absolute(sorted));
        }
        return best;
    }
}

/// <summary>The two edges pushed together until they touch: the best sideways shift and offset under <see cref="Alignment.Contact"/>.</summary>
public sealed class ContactCost : IMatchCost
{
    public string Name => "contact";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        Span<float> scratch = stackalloc float[Edge.Width];
        for (var by = -Alignment.Shift; by <= Alignment.Shift; by++)
        {
            var sorted = Alignment.Difference(top.Heights, bottom.Heights, by, buffer);
            sorted.Sort();
            best = Math.Min(best, Alignment.Contact(sorted, scratch, out _));
        }
        return best;
    }
}

/// <summary>Mean absolute difference of the smoothed slopes after the best sideways shift, in pixels per column: blind to the offset.</summary>
public sealed class GradientCost : IMatchCost
{
    public string Name => "smoothed gradient";

    public float Between(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        Span<float> buffer = stackalloc float[Edge.Width];
        for (var by = -Alignment.Shift; by <= Alignment.Shift; by++)
        {
            var difference = Alignment.Difference(top.Gradient, bottom.Gradient, by, buffer);
            best = Math.Min(best, TensorPrimitives.SumOfMagnitudes<float>(difference) / difference.Length);
        }
        return best;
    }
}
