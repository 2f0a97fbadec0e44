using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Evaluation;

/// <summary>The evidence of one method for every top and bottom edge of a set, with and without hubness.</summary>
internal sealed class ScoreTable
{
    private readonly float[][] evidence;
    private readonly float[] topHubness;
    private readonly float[] bottomHubness;
    private readonly int pairs;

    private ScoreTable(float[][] evidence, float[] topHubness, float[] bottomHubness, int pairs) =>
        (this.evidence, this.topHubness, this.bottomHubness, this.pairs) = (evidence, topHubness, bottomHubness, pairs);

    /// <summary>Every method is given the same prepared edges and the same background.</summary>
    public static ScoreTable Of(IEvidence method, TestSet set)
    {
        var tops = Prepare(set.Pairs.Select(pair => pair.Top).Concat(set.Tops));
        var bottoms = Prepare(set.Pairs.Select(pair => pair.Bottom).Concat(set.Bottoms));
        var backgrounds = Backgrounds(set, tops.Concat(bottoms));
        var rows = new float[tops.Length][];
        var (topHubness, bottomHubness) = (new float[tops.Length], new float[bottoms.Length]);
        Parallel.For(0, tops.Length, top =>
        {
            rows[top] = Array.ConvertAll(bottoms, bottom => method.For(tops[top], bottom));
            topHubness[top] = backgrounds(top).Hubness(method, tops[top]);
        });
        Parallel.For(0, bottoms.Length, bottom => bottomHubness[bottom] = backgrounds(bottom).Hubness(method, bottoms[bottom]));
        return new ScoreTable(rows, topHubness, bottomHubness, set.Pairs.Count);
    }

    /// <summary>The mid-rank of the mate of each pair's top edge, and of its bottom edge.</summary>
    /// <param name="hubness">Whether candidates pay for their hubness.</param>
    public IReadOnlyList<(double Top, double Bottom)> Ranks(bool hubness)
    {
        var weight = hubness ? Background.Weight : 0;
        return
        [
            .. Enumerable.Range(0, pairs).Select(pair => (
                Rank(pair, bottomHubness.Length, bottom => evidence[pair][bottom] - weight * bottomHubness[bottom]),
                Rank(pair, topHubness.Length, top => evidence[top][pair] - weight * topHubness[top]))),
        ];

        static double Rank(int mate, int candidates, Func<int, float> score) =>
            MidRank.Of(score(mate), Enumerable.Range(0, candidates).Where(candidate => candidate != mate).Select(score));
    }

    /// <summary>
    /// The background of each edge, by its number among the tops or the bottoms. Where the pool has mirrored curves, mirroring
    /// it would give back what was mirrored, true mates among it: each edge's background is then made of the real pairs only,
    /// and without the pair it comes from.
    /// </summary>
    private static Func<int, Background> Backgrounds(TestSet set, IEnumerable<PreparedEdge> pool)
    {
        if (set.MadeFrom is not { } sources)
        {
            var one = new Background(pool.Select(edge => edge.Edge));
            return _ => one;
        }

        var without = Enumerable.Range(0, set.Pairs.Count).Select(left => WithoutPair(set, left)).ToArray();
        return edge => without[edge < set.Pairs.Count ? edge : sources[edge - set.Pairs.Count]];
    }

    /// <summary>The background of a mirrored set's edges that come from one pair.</summary>
    internal static Background WithoutPair(TestSet set, int left) =>
        new(set.Pairs.Where((_, index) => index != left).SelectMany(pair => new[] { pair.Top, pair.Bottom }));

    private static PreparedEdge[] Prepare(IEnumerable<Edge> edges) => [.. edges.Select(edge => new PreparedEdge(edge))];
}
