using System.Globalization;
using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Learning;

/// <summary>How a model is made.</summary>
/// <param name="Groups">Generated training groups, at least 1; each has <see cref="ModelTrainer.GroupPairs"/> pairs. Three times as many fitted the generator better and the development pairs no better.</param>
/// <param name="Seeds">Members of the ensemble, at least 1.</param>
/// <param name="Seed">Seed of everything drawn; the same settings make the same model.</param>
/// <param name="Convolutions">Whether the network has convolutions over the gap beside the log costs.</param>
/// <param name="Augment">Share of the training pairs that <see cref="Augmentation"/> changes, 0 to 1; the hold-out is left as it is.</param>
public sealed record ModelOptions(int Groups = 40, int Seeds = 5, int Seed = 1, bool Convolutions = false, double Augment = 0)
{
    /// <summary>What the shipped model was made with: the best on the synthetic hold-out.</summary>
    public static ModelOptions Shipped { get; } = new(Convolutions: true, Augment: 0.5);

    /// <summary>The command that makes the same model.</summary>
    public string Command => string.Create(CultureInfo.InvariantCulture,
        $"wisepanda train --groups {Groups} --seeds {Seeds} --seed {Seed}{(Convolutions ? " --convolutions" : "")}{(Augment > 0 ? $" --augment {Augment}" : "")}");
}

/// <summary>Makes a model from generated pairs alone.</summary>
public static class ModelTrainer
{
    /// <summary>Pairs of a group.</summary>
    public const int GroupPairs = 100;

    private const int HoldOutGroups = 12;
    private const int Hardest = 16;
    private const int Others = 16;

    // Pools of the calibration: so many breaks each, half of which have lost one edge.
    private static readonly int[] CalibrationPools = [20, 50, 100, 200, 400];

    /// <param name="options">Sizes and seed.</param>
    /// <param name="log">Told in a line what is being done.</param>
    /// <param name="progress">Told after each epoch of each member; may come from several threads.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    public static MatchModel Train(ModelOptions options, Action<string> log, Action<TrainingProgress> progress, CancellationToken cancellationToken)
    {
        log($"generating {options.Groups} groups of {GroupPairs} pairs and {HoldOutGroups} to hold out");
        var groups = Groups(options, options.Groups, options.Seed, options.Augment, cancellationToken);
        var holdOut = Groups(options, HoldOutGroups, options.Seed + 1_000_000, 0, cancellationToken);
        var (means, deviations) = Statistics(groups);
        foreach (var group in groups.Concat(holdOut))
            for (var row = 0; row < group.Entries.Length; row++) MatchModel.Standardise(group.Row(row), means, deviations);

        log($"training {options.Seeds} members");
        var trainer = new NetworkTrainer(groups, holdOut, new TrainerOptions());
        var members = new float[options.Seeds][];
        Parallel.For(0, options.Seeds, new ParallelOptions { CancellationToken = cancellationToken }, member =>
        {
            var network = MatchModel.CreateMember(options.Convolutions);
            trainer.Train(network, options.Seed + member, progress, cancellationToken);
            members[member] = network.GetParameters();
        });

        log("calibrating the probabilities");
        var data = new ModelData(ModelFile.Format, options.Command, means, deviations, members, [], options.Convolutions);
        var judged = CalibrationPools.SelectMany((pairs, index) => Judge(new MatchModel(data), pairs, new Random(options.Seed + 2_000_000 + index))).ToList();
        return new MatchModel(data with { Calibration = Calibration.Fit(judged).Coefficients });
    }

    /// <summary>Ranks a generated pool in which half of the breaks have lost one edge; the best candidates of each edge, judged.</summary>
    internal static List<Judged> Judge(MatchModel model, int pairs, Random random)
    {
        const int Best = 5;
        var breaks = Tier.Same.Generator().Draw(random, pairs);
        var pool = breaks.SelectMany((pair, index) => index % 2 == 0 ? [pair.Top, pair.Bottom] : new[] { index % 4 == 1 ? pair.Top : pair.Bottom }).ToList();
        var mates = breaks.ToDictionary(pair => pair.Top.Fragment, pair => pair.Bottom.Fragment);
        var rankings = new EdgeRanker(new BlendedEvidence(model), new Calibration(new double[4]), pool).RankAll(Best);
        var judged = new List<Judged>();
        foreach (var query in pool)
        {
            var candidates = pool.Count(edge => edge.End != query.End && edge.Fragment != query.Fragment);
            var ranked = rankings[query];
            for (var i = 0; i < ranked.Count && ranked.Count > 1; i++)
            {
                var (top, bottom) = query.End == EdgeEnd.Top ? (query, ranked[i].Edge) : (ranked[i].Edge, query);
                judged.Add(new Judged(ranked[i].Score, ranked[i].Score - ranked[i == 0 ? 1 : 0].Score, candidates, mates[top.Fragment] == bottom.Fragment));
            }
        }
        return judged;
    }

    private static TrainingGroup[] Groups(ModelOptions options, int count, int seed, double augment, CancellationToken cancellationToken)
    {
        var width = MatchModel.CreateMember(options.Convolutions).Inputs;
        var augmentation = new Augmentation();
        var groups = new TrainingGroup[count];
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, index =>
        {
            // A seed of its own for each group: what is drawn does not hang on the order of the threads.
            var random = new Random(unchecked(seed * 7919 + index));
            var pairs = Tier.Same.Generator().Draw(random, GroupPairs).Select((pair, place) => place < augment * GroupPairs ? augmentation.Apply(random, pair) : pair).ToList();
            groups[index] = TrainingGroup.Of(pairs, Hardest, Others, width, random);
        });
        return groups;
    }

    private static (float[] Means, float[] Deviations) Statistics(TrainingGroup[] groups)
    {
        var sums = new double[PairFeatures.Count];
        var squares = new double[PairFeatures.Count];
        var rows = groups.Sum(group => group.Entries.Length);
        foreach (var group in groups)
        {
            for (var row = 0; row < group.Entries.Length; row++)
            {
                for (var i = 0; i < PairFeatures.Count; i++)
                {
                    sums[i] += group.Row(row)[i];
                    squares[i] += group.Row(row)[i] * (double)group.Row(row)[i];
                }
            }
        }
        var means = Array.ConvertAll(sums, sum => (float)(sum / rows));
        return (means, [.. squares.Select((square, i) => (float)Math.Sqrt(Math.Max(1e-6, square / rows - means[i] * (double)means[i])))]);
    }
}
