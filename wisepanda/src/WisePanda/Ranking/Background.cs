using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Ranking;

/// <summary>
/// Edges that are as broken as those of a pool and mate with none of them: the pool's own edges mirrored, and those of the other end turned
/// upside down, mirrored and not (upside down, a bottom edge is a top edge). An edge that fits many of these fits anything: a hub.
/// </summary>
public sealed class Background
{
    /// <summary>Background edges of one end, at most; a larger pool is sampled.</summary>
    public const int Most = 160;

    /// <summary>Background edges that count: those that fit best.</summary>
    public const int Nearest = 10;

    /// <summary>Share of an edge's hubness that is taken off its score, in the middle of the plateau that issue 8 reports.</summary>
    public const float Weight = 0.5f;

    private readonly PreparedEdge[] tops;
    private readonly PreparedEdge[] bottoms;

    public Background(IEnumerable<Edge> pool)
    {
        var edges = pool.ToList();
        tops = Make(edges, EdgeEnd.Top);
        bottoms = Make(edges, EdgeEnd.Bottom);
    }

    /// <summary>All its edges.</summary>
    internal IEnumerable<Edge> Edges => tops.Concat(bottoms).Select(edge => edge.Edge);

    /// <summary>The mean evidence of the <see cref="Nearest"/> background edges that fit best, fewer where there are fewer.</summary>
    public float Hubness(IEvidence evidence, PreparedEdge edge)
    {
        // Only a pool without any edge has none.
        var others = edge.Edge.End == EdgeEnd.Top ? bottoms : tops;
        if (others.Length == 0) return 0;
        Span<float> fits = stackalloc float[others.Length];
        for (var i = 0; i < others.Length; i++) fits[i] = edge.Edge.End == EdgeEnd.Top ? evidence.For(edge, others[i]) : evidence.For(others[i], edge);
        fits.Sort();
        var sum = 0f;
        var best = fits[^Math.Min(Nearest, fits.Length)..];
        foreach (var fit in best) sum += fit;
        return sum / best.Length;
    }

    private static PreparedEdge[] Make(List<Edge> pool, EdgeEnd end)
    {
        var edges = pool.SelectMany(edge => edge.End == end ? [Mirrored(edge)] : new[] { UpsideDown(edge), UpsideDown(Mirrored(edge)) }).ToArray();
        // Seeded: the same pool gives the same background.
        if (edges.Length > Most) new Random(0).Shuffle(edges);
        return [.. edges.Take(Most).Select(edge => new PreparedEdge(edge))];
    }

    /// <summary>The edge seen from behind.</summary>
    internal static Edge Mirrored(Edge edge)
    {
        var heights = edge.Heights.ToArray();
        Array.Reverse(heights);
        return new Edge($"{edge.Fragment} mirrored", edge.End, heights);
    }

    /// <summary>The edge with up and down exchanged, and so of the other end.</summary>
    internal static Edge UpsideDown(Edge edge) =>
        new($"{edge.Fragment} upside down", edge.End == EdgeEnd.Top ? EdgeEnd.Bottom : EdgeEnd.Top, Array.ConvertAll(edge.Heights.ToArray(), height => -height));
}
