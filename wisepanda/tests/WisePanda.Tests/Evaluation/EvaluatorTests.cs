using System.Text.Json;
using System.Xml.Linq;
using WisePanda.Edges;
using WisePanda.Evaluation;
using WisePanda.Generation;
using WisePanda.Matching;

namespace WisePanda.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static readonly TestSet Set = TestSet.Of("test", Tier.Same.Generator().Draw(new Random(3), 24));

    [Fact]
    public void Run_OneSet_HasEveryMethodWithAndWithoutHubness()
    {
        var report = new Evaluator(MatchModel.Shipped).Run(Set);

        Assert.Equal(24, report.Pool);
        Assert.Equal(12, report.Rows.Select(row => row.Method).Distinct().Count());
        Assert.All(report.Rows.GroupBy(row => row.Method), rows => Assert.Equal([false, true], rows.Select(row => row.Hubness).Order()));
        Assert.All(report.Rows, row => Assert.True(row.Top1 <= row.Top5 && row.Top5 <= row.Top10 && row.Intervals["top10"][0] <= row.Top10 && row.Top10 <= row.Intervals["top10"][1] && row.Top50 == 100));
        Assert.Contains(report.Comparisons, comparison => comparison is { Method: "network", Than: "shift +-4 L1", TopK: "top10" });
    }

    [Fact]
    public void Run_AgainstTheSameModel_GainsNothing()
    {
        var report = new Evaluator(MatchModel.Shipped, MatchModel.Shipped).Run(Set);
        var gains = report.Comparisons.Where(comparison => comparison.Than.Contains("second model", StringComparison.Ordinal)).ToList();

        Assert.Equal(["network", "network + composite, hubness"], gains.Select(gain => gain.Method).Distinct());
        Assert.All(gains, gain => Assert.Equal((0, 0, 0), (gain.Gain, gain.Interval[0], gain.Interval[1])));
    }

    [Fact]
    public void Run_MirroredDistractors_LeavesOutMethodsThatKeepTheOffset()
    {
        var set = Set.WithMirrors(60, 1);
        var report = new Evaluator(MatchModel.Shipped).Run(set);

        Assert.Equal(60, report.Pool);
        Assert.DoesNotContain(report.Rows, row => row.Method == "raw L2");
        Assert.Equal(36, set.Tops.Count);
    }

    [Fact]
    public void WithoutPair_MirroredSet_HoldsNoMateOfAnyEdgeOfThatPair()
    {
        var set = Set.WithMirrors(60, 1);
        for (var pair = 0; pair < set.Pairs.Count; pair++)
        {
            var own = set.Tops.Concat(set.Bottoms).Where((_, index) => set.MadeFrom![index % set.MadeFrom.Count] == pair)
                .Append(set.Pairs[pair].Top).Append(set.Pairs[pair].Bottom).Select(edge => string.Join(' ', edge.Heights.ToArray())).ToHashSet();
            Assert.DoesNotContain(ScoreTable.WithoutPair(set, pair).Edges, edge => own.Contains(string.Join(' ', edge.Heights.ToArray())));
        }
    }

    [Fact]
    public void WithoutHalfTheMates_Set_KeepsOneEdgeOfTheOthers()
    {
        var half = Set.WithoutHalfTheMates(1);

        Assert.Equal((12, 6, 6), (half.Pairs.Count, half.Tops.Count, half.Bottoms.Count));
        Assert.Empty(half.Tops.Select(edge => edge.Fragment.Split(' ')[0]).Intersect(half.Bottoms.Select(edge => edge.Fragment.Split(' ')[0])));
    }

    [Fact]
    public void Ranks_MateIsTheOnlyFit_IsFirstBothWays()
    {
        var pairs = Enumerable.Range(0, 8).Select(i => new EdgePair(Samples.Walk(i, EdgeEnd.Top, $"{i} below"), Samples.Walk(i, EdgeEnd.Bottom, $"{i} above"))).ToList();
        var table = ScoreTable.Of(new CostEvidence(new CentredL2()), TestSet.Of("", pairs));

        Assert.All(table.Ranks(hubness: true).Concat(table.Ranks(hubness: false)), rank => Assert.Equal((1.0, 1.0), rank));
    }

    [Fact]
    public void Intervals_OfRanks_AreWhatTheBootstrapSays()
    {
        (double, double)[] all = [.. Enumerable.Repeat((1.0, 1.0), 30)];
        (double, double)[] half = [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? (1.0, 1.0) : (9.0, 9.0))];

        Assert.Equal([100, 100], TopK.Interval(all, 1));
        var interval = TopK.Interval(half, 1);
        Assert.InRange(interval[0], 44, 47); // 50 less two standard errors of 2.5
        Assert.InRange(interval[1], 53, 56);
        Assert.Equal([0, 0], TopK.PairedInterval(half, half, 1));
    }

    [Fact]
    public void Svg_Rows_IsXmlWithACurveEach()
    {
        var report = new Evaluator(MatchModel.Shipped).Run(Set);
        var svg = XDocument.Parse(CmcPlot.Svg("24 pairs & more", [.. report.Rows.Take(3)]));

        Assert.Equal(3, svg.Descendants().Count(element => element.Name.LocalName == "polyline"));
    }

    [Fact]
    public void Into_PageWithMarks_ReplacesOnlyWhatIsBetween()
    {
        const string page = "before\n<!-- results -->\nold\n<!-- /results -->\nafter";

        Assert.Equal("before\n<!-- results -->\nnew\n<!-- /results -->\nafter", ResultsTable.Into(page, "new\n"));
        Assert.Throws<FormatException>(() => ResultsTable.Into("no marks", "new"));
    }

    [Fact]
    public void Report_AsJson_HasTheFieldsThatTheReadmeNames()
    {
        var set = new Evaluator(MatchModel.Shipped).Run(Set);
        var json = JsonDocument.Parse(JsonSerializer.Serialize(new Report("p.csv", null, "made", 24, set.Rows, set.Comparisons, [], []), ReportJson.Default.Report)).RootElement;
        var row = json.GetProperty("rows")[0];

        Assert.Equal(24, json.GetProperty("pool").GetInt32());
        foreach (var name in new[] { "method", "hubness", "pool", "pairs", "top1", "top5", "top10", "top20", "top50" }) Assert.True(row.TryGetProperty(name, out _), name);
        Assert.Equal(2, row.GetProperty("intervals").GetProperty("top10").GetArrayLength());
    }
}
