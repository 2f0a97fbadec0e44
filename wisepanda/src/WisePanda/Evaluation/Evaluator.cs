using WisePanda.Generation;
using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Evaluation;

/// <summary>Runs every method on every set.</summary>
/// <param name="model">The model of the network and of the final ranking.</param>
/// <param name="against">A second model to compare it with, pair by pair, or none.</param>
public sealed class Evaluator(MatchModel model, MatchModel? against = null)
{
    private const int Seed = 20_260_000;
    private const int SyntheticPairs = 118;
    private const int MirroredPool = 118;

    private readonly IEvidence[] baselines =
    [
        new CostEvidence(new RawL2()), new CostEvidence(new CentredL2()), new CostEvidence(new CentredWarp()), L1, new CostEvidence(new PearsonCost()),
        new CostEvidence(new FrechetCost()), new CostEvidence(new CauchyWarp()), new CostEvidence(new GradientCost()), new CostEvidence(new ContactCost()), new CompositeEvidence(),
    ];

    private readonly NetworkEvidence network = new NetworkEvidence(model);
    private readonly BlendedEvidence final = new BlendedEvidence(model);

    private readonly (IEvidence Network, IEvidence Final)? second = against is null
        ? null
        : (new NetworkEvidence(against) { Name = "network of the second model" }, new BlendedEvidence(against) { Name = "network + composite of the second model" });

    private static CostEvidence L1 { get; } = new(new ShiftedL1());

    /// <summary>The pairs themselves, then mirrored distractors, half the mates removed, and the three synthetic tiers.</summary>
    /// <param name="pairs">The pairs of a file, with its distractors.</param>
    /// <param name="progress">Told the name of each set before it is worked on.</param>
    public IReadOnlyList<SetReport> Run(TestSet pairs, Action<string> progress)
    {
        TestSet[] sets =
        [
            pairs, pairs.WithMirrors(MirroredPool, Seed), pairs.WithoutHalfTheMates(Seed),
            .. Enum.GetValues<Tier>().Select(tier => TestSet.Synthetic(tier, SyntheticPairs, Seed + (int)tier)),
        ];
        return [.. sets.Select(set =>
        {
            progress($"{set.Name}: {set.Pairs.Count} pairs, pool {set.Pool}");
            return Run(set);
        })];
    }

    /// <summary>Every method on one set.</summary>
    public SetReport Run(TestSet set)
    {
        var ranks = new Dictionary<(string Method, bool Hubness), IReadOnlyList<(double, double)>>();
        var methods = baselines.Append(network).Append(final).Concat(second is { } other ? [other.Network, other.Final] : []).Where(method => !(set.Mirrors && method.KeepsOffset)).ToList();
        foreach (var method in methods)
        {
            var table = ScoreTable.Of(method, set);
            ranks[(method.Name, false)] = table.Ranks(hubness: false);
            ranks[(method.Name, true)] = table.Ranks(hubness: true);
        }
        return new SetReport(set.Name, set.Pool, set.Pairs.Count, [.. ranks.Select(method => Row(set, method.Key, method.Value))], Compare(ranks));
    }

    /// <summary>Whether the probabilities are what they say, on pools that neither training nor calibration has seen.</summary>
    public IReadOnlyList<ReliabilityBin> Reliability()
    {
        const int Bins = 5;
        var calibration = new Ranking.Calibration(model.Data.Calibration);
        var judged = new[] { 60, 118, 180 }.SelectMany((pairs, index) => ModelTrainer.Judge(model, pairs, new Random(Seed + 100 + index)))
            .Where(one => one.Margin >= 0)
            .Select(one => (Probability: calibration.Probability(one.Score, one.Margin, one.Candidates), one.IsJoin)).ToList();
        return [.. judged.GroupBy(one => Math.Min(Bins - 1, (int)(one.Probability * Bins))).OrderBy(bin => bin.Key).Select(bin => new ReliabilityBin(
            bin.Key / (double)Bins, (bin.Key + 1) / (double)Bins, bin.Count(), bin.Average(one => one.Probability), bin.Average(one => one.IsJoin ? 1.0 : 0)))];
    }

    private static MethodRow Row(TestSet set, (string Method, bool Hubness) method, IReadOnlyList<(double, double)> ranks)
    {
        double Share(int k) => Math.Round(TopK.Share(ranks, k), 1);
        var intervals = TopK.Shown.ToDictionary(k => $"top{k}", k => Array.ConvertAll(TopK.Interval(ranks, k), bound => Math.Round(bound, 1)));
        return new MethodRow(method.Method, method.Hubness, set.Pool, set.Pairs.Count, Share(1), Share(5), Share(10), Share(20), Share(50), intervals,
            [.. Enumerable.Range(1, Math.Min(200, set.Pool)).Select(Share)]);
    }

    private List<Comparison> Compare(Dictionary<(string Method, bool Hubness), IReadOnlyList<(double, double)>> ranks)
    {
        // The best classical method is chosen on this very set, which favours it: a gain over it is not flattered.
        var classical = baselines.Where(method => ranks.ContainsKey((method.Name, true))).MaxBy(method => TopK.Shown.Sum(k => TopK.Share(ranks[(method.Name, true)], k)))!;
        return
        [
            .. Against((network.Name, false), (L1.Name, false)), .. Against((final.Name, true), (L1.Name, true)),
            .. Against((network.Name, true), (classical.Name, true)), .. Against((final.Name, true), (classical.Name, true)),
            .. second is { } other ? Against((network.Name, false), (other.Network.Name, false)).Concat(Against((final.Name, true), (other.Final.Name, true))) : [],
        ];

        IEnumerable<Comparison> Against((string Name, bool Hubness) better, (string Name, bool Hubness) than) => TopK.Shown.Select(k => new Comparison(
            Label(better), Label(than), $"top{k}", Math.Round(TopK.Share(ranks[better], k) - TopK.Share(ranks[than], k), 1),
            Array.ConvertAll(TopK.PairedInterval(ranks[better], ranks[than], k), bound => Math.Round(bound, 1))));
    }

    private static string Label((string Name, bool Hubness) method) => method.Hubness ? $"{method.Name}, hubness" : method.Name;
}
