using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Ranking;

/// <summary>
/// Ranks the edges of a pool that may join an edge. A candidate's score is the evidence for the pair less its own hubness and the query's
/// (see <see cref="Background"/>), so it depends on the query, the candidate and the background, and never on who else has a mate.
/// Made once for a pool; safe to ask from several threads.
/// </summary>
public sealed class EdgeRanker
{
    /// <summary>Candidates of one edge that are looked at closely; of a larger pool <see cref="QuickEvidence"/> chooses them.</summary>
    public const int Shortlist = 1000;

    private static readonly QuickEvidence Quick = new();

    private readonly IEvidence evidence;
    private readonly Calibration calibration;
    private readonly Background background;
    private readonly Dictionary<EdgeEnd, Listed[]> pool;

    /// <param name="model">The trained model.</param>
    /// <param name="pool">Every edge that may be a candidate. An edge need not have a mate among them.</param>
    public EdgeRanker(MatchModel model, IReadOnlyList<Edge> pool)
        : this(new BlendedEvidence(model), new Calibration(model.Data.Calibration), pool)
    {
    }

    internal EdgeRanker(IEvidence evidence, Calibration calibration, IReadOnlyList<Edge> pool)
    {
        this.evidence = evidence;
        this.calibration = calibration;
        background = new Background(pool);
        var listed = new Listed[pool.Count];
        // Worked out once for all: every edge is a candidate of many.
        Parallel.For(0, pool.Count, i => listed[i] = List(pool[i]));
        this.pool = Enum.GetValues<EdgeEnd>().ToDictionary(end => end, end => Array.FindAll(listed, one => one.Edge.Edge.End == end));
    }

    /// <summary>The best candidates for an edge, best first: edges of the other end, of other fragments. Empty where there are none.</summary>
    /// <param name="query">An edge, of the pool or not.</param>
    /// <param name="top">Candidates wanted, at least 1; fewer come where the pool has fewer.</param>
    public IReadOnlyList<Candidate> Rank(Edge query, int top)
    {
        var listed = pool[query.End].FirstOrDefault(one => ReferenceEquals(one.Edge.Edge, query)) ?? List(query);
        return Rank(listed, top, candidate => Evidence(listed, candidate));
    }

    /// <summary>The best candidates of every edge of the pool. Each pair is looked at once and serves both its edges.</summary>
    /// <param name="top">Candidates wanted of each, at least 1.</param>
    public IReadOnlyDictionary<Edge, IReadOnlyList<Candidate>> RankAll(int top)
    {
        var (tops, bottoms) = (pool[EdgeEnd.Top], pool[EdgeEnd.Bottom]);
        var rankings = new IReadOnlyList<Candidate>[tops.Length + bottoms.Length];
        var queries = tops.Concat(bottoms).ToArray();
        if (Math.Max(tops.Length, bottoms.Length) > Shortlist)
        {
            Parallel.For(0, queries.Length, i => rankings[i] = Rank(queries[i], top, candidate => Evidence(queries[i], candidate)));
        }
        else
        {
            var table = new float[tops.Length][];
            Parallel.For(0, tops.Length, i => table[i] = Array.ConvertAll(bottoms, bottom => Evidence(tops[i], bottom)));
            var places = tops.Index().Concat(bottoms.Index()).ToDictionary(place => place.Item, place => place.Index);
            Parallel.For(0, queries.Length, i => rankings[i] = i < tops.Length
                ? Rank(queries[i], top, candidate => table[i][places[candidate]])
                : Rank(queries[i], top, candidate => table[places[candidate]][i - tops.Length]));
        }
        return queries.Zip(rankings).ToDictionary(ranked => ranked.First.Edge.Edge, ranked => ranked.Second);
    }

    private IReadOnlyList<Candidate> Rank(Listed query, int top, Func<Listed, float> fit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var candidates = Array.FindAll(pool[query.Edge.Edge.End == EdgeEnd.Top ? EdgeEnd.Bottom : EdgeEnd.Top], one => one.Edge.Edge.Fragment != query.Edge.Edge.Fragment);
        var near = candidates.Length > Shortlist ? Nearest(query, candidates, Shortlist) : candidates;
        var scores = Array.ConvertAll(near, one => fit(one) - Background.Weight * (query.Hubness + one.Hubness));
        Array.Sort(scores, near, Comparer<float>.Create((a, b) => b.CompareTo(a)));
        var ranks = MidRank.OfSorted(scores);
        return [.. Enumerable.Range(0, Math.Min(top, near.Length)).Select(i => new Candidate(near[i].Edge.Edge, ranks[i], scores[i], Probability(scores, i, candidates.Length)))];
    }

    private static Listed[] Nearest(Listed query, Listed[] candidates, int count)
    {
        var costs = Array.ConvertAll(candidates, one => Background.Weight * one.QuickHubness - Of(Quick, query.Edge, one.Edge));
        var near = (Listed[])candidates.Clone();
        Array.Sort(costs, near);
        return near[..count];
    }

    private float Evidence(Listed query, Listed candidate) => Of(evidence, query.Edge, candidate.Edge);

    private static float Of(IEvidence evidence, PreparedEdge query, PreparedEdge candidate) =>
        query.Edge.End == EdgeEnd.Top ? evidence.For(query, candidate) : evidence.For(candidate, query);

    private double Probability(float[] scores, int index, int candidates)
    {
        var margin = scores.Length == 1 ? 0 : scores[index] - scores[index == 0 ? 1 : 0];
        return calibration.Probability(scores[index], margin, candidates);
    }

    private Listed List(Edge edge)
    {
        var prepared = new PreparedEdge(edge);
        return new Listed(prepared, background.Hubness(evidence, prepared), background.Hubness(Quick, prepared));
    }

    private sealed record Listed(PreparedEdge Edge, float Hubness, float QuickHubness);
}
