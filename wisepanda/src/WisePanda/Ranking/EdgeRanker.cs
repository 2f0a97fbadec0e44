using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Ranking;

/// <summary>Ranks the edges of a pool that may join an edge. Made once for a pool; safe to ask from several threads.</summary>
public sealed class EdgeRanker
{
    private readonly Dictionary<EdgeEnd, Edge[]> pool;

    /// <param name="model">The trained model.</param>
    /// <param name="pool">Every edge that may be a candidate. An edge need not have a mate among them.</param>
    public EdgeRanker(MatchModel model, IReadOnlyList<Edge> pool)
    {
        _ = model;
        this.pool = Enum.GetValues<EdgeEnd>().ToDictionary(end => end, end => pool.Where(edge => edge.End == end).ToArray());
    }

    /// <summary>The best candidates for an edge, best first: edges of the other end, of other fragments.</summary>
    /// <param name="query">An edge, of the pool or not.</param>
    /// <param name="top">Candidates wanted, at least 1; fewer come where the pool has fewer.</param>
    public IReadOnlyList<Candidate> Rank(Edge query, int top)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var other = query.End == EdgeEnd.Top ? EdgeEnd.Bottom : EdgeEnd.Top;
        return
        [
            .. pool[other].Where(edge => edge.Fragment != query.Fragment)
                .Select(edge => (Edge: edge, Cost: query.End == EdgeEnd.Top ? Cost(query, edge) : Cost(edge, query)))
                .OrderBy(scored => scored.Cost).Take(top)
                .Select((scored, index) => new Candidate(scored.Edge, index + 1, -scored.Cost, 1 / (1 + scored.Cost))),
        ];
    }

    private static double Cost(Edge top, Edge bottom)
    {
        var best = double.MaxValue;
        Span<float> gap = stackalloc float[Edge.Width];
        for (var shift = -4; shift <= 4; shift++)
        {
            var (from, count) = (Math.Max(0, -shift), Edge.Width - Math.Abs(shift));
            for (var i = 0; i < count; i++) gap[i] = top.Heights.Span[from + i + shift] - bottom.Heights.Span[from + i];
            var part = gap[..count];
            part.Sort();
            var median = (part[(count - 1) / 2] + part[count / 2]) / 2;
            var sum = 0.0;
            foreach (var value in part) sum += Math.Abs(value - median);
            best = Math.Min(best, sum / count);
        }
        return best;
    }
}
