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
    /// <summary>Candidates of one edge that are looked at closely; of a larger pool a quick comparison chooses them.</summary>
    public const int Shortlist = 1000;

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
        this.pool = Enum.GetValues<EdgeEnd>().ToDictionary(end => end, end => pool.Where(edge => edge.End == end).Select(edge => new Listed(new PreparedEdge(edge))).ToArray());
        // Worked out once for all: every edge is a candidate of many.
        foreach (var listed in this.pool.Values) Parallel.ForEach(listed, one => one.Hubness = background.Hubness(evidence, one.Edge));
    }

    /// <summary>The best candidates for an edge, best first: edges of the other end, of other fragments. Empty where there are none.</summary>
    /// <param name="query">An edge, of the pool or not.</param>
    /// <param name="top">Candidates wanted, at least 1; fewer come where the pool has fewer.</param>
    public IReadOnlyList<Candidate> Rank(Edge query, int top)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var candidates = Candidates(query);
        var prepared = new PreparedEdge(query);
        var near = candidates.Length > Shortlist ? Prefilter.Nearest(prepared, candidates, one => one.Edge, Shortlist) : candidates;
        var hubness = pool[query.End].FirstOrDefault(one => ReferenceEquals(one.Edge.Edge, query))?.Hubness ?? background.Hubness(evidence, prepared);
        var scores = Array.ConvertAll(near, one => Score(prepared, hubness, one));
        Array.Sort(scores, near, Comparer<float>.Create((a, b) => b.CompareTo(a)));
        var ranks = MidRank.OfSorted(scores);
        return [.. Enumerable.Range(0, Math.Min(top, near.Length)).Select(i => new Candidate(near[i].Edge.Edge, ranks[i], scores[i], Probability(scores, i, candidates.Length)))];
    }

    private Listed[] Candidates(Edge query) =>
        Array.FindAll(pool[query.End == EdgeEnd.Top ? EdgeEnd.Bottom : EdgeEnd.Top], one => one.Edge.Edge.Fragment != query.Fragment);

    private float Score(PreparedEdge query, float hubness, Listed candidate)
    {
        var fit = query.Edge.End == EdgeEnd.Top ? evidence.For(query, candidate.Edge) : evidence.For(candidate.Edge, query);
        return fit - Background.Weight * (hubness + candidate.Hubness);
    }

    private double Probability(float[] scores, int index, int candidates)
    {
        var margin = scores.Length == 1 ? 0 : scores[index] - scores[index == 0 ? 1 : 0];
        return calibration.Probability(scores[index], margin, candidates);
    }

    private sealed class Listed(PreparedEdge edge)
    {
        public PreparedEdge Edge { get; } = edge;

        public float Hubness { get; set; }
    }
}
