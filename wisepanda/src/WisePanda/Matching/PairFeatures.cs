using WisePanda.Edges;

namespace WisePanda.Matching;

/// <summary>What the network sees of a pair: the logarithms of four costs and of the two edges' own size, and, for convolutions, the gap where the pair fits best.</summary>
public static class PairFeatures
{
    /// <summary>Numbers of a pair without the gap.</summary>
    public const int Count = 10;

    /// <summary>Columns of the gap: the middle ones, which both edges have whatever the shift.</summary>
    public const int Gap = Edge.Width - 2 * Alignment.Shift;

    /// <summary>Where the six descriptors begin: log range, variation and deviation of the top edge, then of the bottom edge.</summary>
    public const int Descriptors = 4;

    // A floor is about what a perfect join of whole pixels costs: below it a smaller cost says nothing.
    private const float PixelFloor = 0.1f;
    private const float LogFloor = 0.02f;

    private static readonly CauchyWarp Cauchy = new();
    private static readonly GradientCost Gradient = new();

    /// <summary>
    /// Writes contact, Cauchy warp, gradient, shifted L1, then the descriptors; no allocation. Where there is room it goes on with the gap:
    /// x = top minus bottom in pixels at the shift and offset of least contact cost, as sign(x) log(1 + |x|); above 0 is penetration.
    /// </summary>
    /// <param name="top">The top edge.</param>
    /// <param name="bottom">The bottom edge.</param>
    /// <param name="features">Receives <see cref="Count"/> numbers, or <see cref="Count"/> + <see cref="Gap"/>.</param>
    public static void Write(PreparedEdge top, PreparedEdge bottom, Span<float> features)
    {
        var (absolute, contact, shift, offset) = (float.MaxValue, float.MaxValue, 0, 0f);
        Span<float> buffer = stackalloc float[Edge.Width];
        Span<float> scratch = stackalloc float[Edge.Width];
        for (var by = -Alignment.Shift; by <= Alignment.Shift; by++)
        {
            var sorted = Alignment.Difference(top.Heights, bottom.Heights, by, buffer);
            sorted.Sort(); // both costs need it, and it takes longer than either
            absolute = Math.Min(absolute, Alignment.Absolute(sorted));
            var cost = Alignment.Contact(sorted, scratch, out var there);
            if (cost < contact) (contact, shift, offset) = (cost, by, there);
        }
        features[0] = MathF.Log(contact + LogFloor);
        features[1] = MathF.Log(Cauchy.Between(top, bottom) + LogFloor);
        features[2] = MathF.Log(Gradient.Between(top, bottom) + LogFloor);
        features[3] = MathF.Log(absolute + PixelFloor);
        Describe(top, features[Descriptors..]);
        Describe(bottom, features[(Descriptors + 3)..]);
        if (features.Length == Count) return;
        var gap = Alignment.Difference(top.Heights, bottom.Heights, shift, buffer).Slice((2 * Alignment.Shift - Math.Abs(shift)) / 2, Gap);
        for (var column = 0; column < Gap; column++)
        {
            var height = gap[column] - offset;
            features[Count + column] = MathF.CopySign(MathF.Log(1 + Math.Abs(height)), height);
        }
    }

    /// <summary>
    /// The classical composite, a weighted mean of logarithms: contact counts four parts, the Cauchy warp and the gradient one each. Lower
    /// is better.
    /// </summary>
    public static float Composite(ReadOnlySpan<float> features) => (4 * features[0] + features[1] + features[2]) / 6;

    private static void Describe(PreparedEdge edge, Span<float> features)
    {
        features[0] = MathF.Log(edge.Range + 1);
        features[1] = MathF.Log(edge.Variation + 1);
        features[2] = MathF.Log(edge.Deviation + 0.25f);
    }
}
