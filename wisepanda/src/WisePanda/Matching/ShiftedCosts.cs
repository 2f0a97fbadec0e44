using System.Numerics.Tensors;
using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>Mean absolute difference after the best sideways shift and the median offset, in pixels: the strongest single baseline.</summary>
public sealed class ShiftedL1 : IMatchCost
{
    public string Name => $"shift +-{Alignment.Shift} L1";

    public float Between(PreparedEdge top, PreparedEdge bottom) => Alignment.Best(top.Heights, bottom.Heights, static difference =>
    {
        difference.Sort();
        return Alignment.Absolute(difference);
    });
}

/// <summary>The two edges pushed together until they touch: the best sideways shift and offset under <see cref="Alignment.Contact"/>.</summary>
public sealed class ContactCost : IMatchCost
{
    public string Name => "contact";

    public float Between(PreparedEdge top, PreparedEdge bottom) => Alignment.Best(top.Heights, bottom.Heights, static difference =>
    {
        difference.Sort();
        return Alignment.Contact(difference, stackalloc float[Edge.Width], out _);
    });
}

/// <summary>Mean absolute difference of the smoothed slopes after the best sideways shift, in pixels per column: blind to the offset.</summary>
public sealed class GradientCost : IMatchCost
{
    public string Name => "smoothed gradient";

    public float Between(PreparedEdge top, PreparedEdge bottom) => Alignment.Best(
        top.Gradient, bottom.Gradient, static difference => TensorPrimitives.SumOfMagnitudes<float>(difference) / difference.Length);
}
