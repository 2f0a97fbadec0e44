using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Tests.Ranking;

public sealed class EdgeRankerTests
{
    private static readonly IReadOnlyList<EdgePair> Pairs = Tier.Same.Generator(0.5).Draw(new Random(11), 40);

    private static List<Edge> Pool(IEnumerable<EdgePair> pairs) => [.. pairs.SelectMany(pair => new[] { pair.Top, pair.Bottom })];

    [Fact]
    public void Rank_BothDirections_FindsMostMatesAmongFive()
    {
        var ranker = new EdgeRanker(MatchModel.Shipped, Pool(Pairs));

        Assert.True(Pairs.Count(pair => ranker.Rank(pair.Top, 5).Any(candidate => candidate.Edge == pair.Bottom)) > 20);
        Assert.True(Pairs.Count(pair => ranker.Rank(pair.Bottom, 5).Any(candidate => candidate.Edge == pair.Top)) > 20);
    }

    [Fact]
    public void Rank_AnyEdge_OffersOtherEndsOfOtherFragmentsBestFirst()
    {
        var site = SiteGenerator.Draw(new Random(2), 30, 0.5);
        var ranker = new EdgeRanker(MatchModel.Shipped, site.Edges);
        foreach (var query in site.Edges)
        {
            var ranked = ranker.Rank(query, 100);
            Assert.Equal(29, ranked.Count);
            Assert.All(ranked, candidate => Assert.True(candidate.Edge.End != query.End && candidate.Edge.Fragment != query.Fragment));
            Assert.All(ranked.Zip(ranked.Skip(1)), both => Assert.True(both.First.Score >= both.Second.Score && both.First.Rank <= both.Second.Rank));
            Assert.All(ranked, candidate => Assert.InRange(candidate.Probability, 0, 1));
        }
    }

    [Fact]
    public void Rank_MateMissing_IsLessSure()
    {
        var ranker = new EdgeRanker(MatchModel.Shipped, Pool(Pairs));
        var poorer = new EdgeRanker(MatchModel.Shipped, [.. Pool(Pairs.Take(20)), .. Pairs.Skip(20).Select(pair => pair.Top)]);

        Assert.True(Pairs.Skip(20).Average(pair => poorer.Rank(pair.Top, 1)[0].Probability) < 0.6 * Pairs.Skip(20).Average(pair => ranker.Rank(pair.Top, 1)[0].Probability));
    }

    [Fact]
    public void Rank_TwoAlikeCandidates_ShareTheirPlace()
    {
        var twin = new Edge("twin", EdgeEnd.Bottom, Pairs[0].Bottom.Heights);
        var ranked = new EdgeRanker(MatchModel.Shipped, [.. Pool(Pairs), twin]).Rank(Pairs[0].Top, 100);
        var alike = ranked.Where(candidate => candidate.Edge == twin || candidate.Edge == Pairs[0].Bottom).ToList();

        Assert.Equal(alike[0].Rank, alike[1].Rank);
        Assert.Equal(0.5, alike[0].Rank % 1);
    }

    [Fact]
    public void Rank_EdgeNotOfThePool_IsRankedToo()
    {
        var ranker = new EdgeRanker(MatchModel.Shipped, [.. Pairs.Select(pair => pair.Bottom)]);

        Assert.True(Pairs.Count(pair => ranker.Rank(pair.Top, 5).Any(candidate => candidate.Edge == pair.Bottom)) > 20);
    }

    [Fact]
    public void Rank_NobodyOfTheOtherEnd_IsEmpty()
    {
        Assert.Empty(new EdgeRanker(MatchModel.Shipped, [Pairs[0].Top]).Rank(Pairs[0].Top, 5));
        Assert.Empty(new EdgeRanker(MatchModel.Shipped, []).Rank(Pairs[0].Top, 5));
    }

    [Fact]
    public void Hubness_LevelEdge_FitsMoreThanASteepOne()
    {
        var background = new Background(Pool(Pairs));
        var evidence = new CostEvidence(new ShiftedL1());
        var level = Samples.Prepared(column => column % 2, EdgeEnd.Bottom);
        var steep = Samples.Prepared(column => column < 20 ? 0 : 90, EdgeEnd.Bottom);

        Assert.True(background.Hubness(evidence, level) > background.Hubness(evidence, steep) + 1);
    }

    [Fact]
    public void RankAll_Pool_IsTheSameAsRankingEachEdge()
    {
        var ranker = new EdgeRanker(MatchModel.Shipped, Pool(Pairs.Take(12)));

        Assert.All(ranker.RankAll(5), ranking => Assert.Equal(ranker.Rank(ranking.Key, 5), ranking.Value));
    }

    [Fact]
    public void Rank_MoreCandidatesThanTheShortlist_StillFindsMates()
    {
        // A quick evidence throughout: the full one would take minutes, and it is the choice of the shortlist that is tested.
        var strangers = Tier.Same.Generator().Draw(new Random(6), EdgeRanker.Shortlist + 500).Select((pair, i) => new Edge($"stranger {i}", EdgeEnd.Bottom, pair.Bottom.Heights));
        var ranker = new EdgeRanker(new CostEvidence(new CentredL2()), new Calibration(new double[4]), [.. Pairs.Select(pair => pair.Bottom), .. strangers]);
        var ranked = Pairs.Select(pair => ranker.Rank(pair.Top, EdgeRanker.Shortlist)).ToList();

        Assert.All(ranked, candidates => Assert.Equal(EdgeRanker.Shortlist, candidates.Count));
        Assert.True(Pairs.Zip(ranked).Count(both => both.Second.Any(candidate => candidate.Edge == both.First.Bottom)) > 36);
    }
}
