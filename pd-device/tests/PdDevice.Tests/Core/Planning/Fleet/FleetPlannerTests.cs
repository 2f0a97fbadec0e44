using PdDevice.Core.Planning.Fleet;

namespace PdDevice.Tests.Core.Planning.Fleet;

/// <summary>The search against trying every setting at every load, on made-up fleets of known shape.</summary>
public sealed class FleetPlannerTests
{
    private static readonly FleetObjectives Objectives = new(0.9, 1, 1.1, 60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Best_200RandomSmallSpaces_IsWhatExhaustiveSearchFinds(bool bounded)
    {
        var random = new Random(42);
        var (pruned, settings) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var space = Space(random);
            var fleet = new MadeUpFleet(random.Next());
            var plan = FleetPlanner.Best(space, fleet.Evaluate, Objectives, bounded ? fleet.Bound : null);
            var (best, goodput) = Exhaustive(space, fleet.Evaluate);
            Assert.Equal(best is null, plan.Best is null);
            Assert.Equal(space.All().Count(), plan.Considered.Count);
            if (best is null) continue;
            Assert.Equal(goodput, plan.Best!.GoodputPerAccelerator, 12);
            if (!bounded) Assert.Equal(best, plan.Best.Settings);
            pruned += plan.Considered.Count(candidate => !candidate.Evaluated);
            settings += plan.Considered.Count;
            Assert.All(plan.Considered.Where(candidate => candidate.Evaluated), candidate => Assert.True(candidate.GoodputPerAccelerator <= candidate.Bound + 1e-12));
        }

        if (bounded) Assert.True(pruned > settings / 4, $"the bound ruled out only {pruned} of {settings}");
    }

    [Fact]
    public void Best_EasierObjectives_NeverLessGoodput()
    {
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            var (space, fleet) = (Space(random), new MadeUpFleet(random.Next()));
            var strict = FleetPlanner.Best(space, fleet.Evaluate, Objectives with { LeastMetShare = 0.99 }).Best;
            var easy = FleetPlanner.Best(space, fleet.Evaluate, Objectives with { LeastMetShare = 0.9 }).Best;
            if (strict is not null) Assert.True(easy!.Load >= strict.Load * 0.99 || easy.GoodputPerAccelerator >= strict.GoodputPerAccelerator);
        }
    }

    [Fact]
    public void Best_NothingMeetsTheObjectives_SaysSo()
    {
        var plan = FleetPlanner.Best(Space(new Random(2)), (_, _) => new FleetOutcome(0.5), Objectives);
        Assert.Null(plan.Best);
        Assert.NotEmpty(plan.Considered);
    }

    [Fact]
    public void Splits_FourAccelerators_MixedAndEveryPair() =>
        Assert.Equal([(4, 0, 0), (0, 1, 3), (0, 2, 2), (0, 3, 1)], FleetSpace.Splits(4));

    private static FleetSpace Space(Random random) => new(
        [.. FleetSpace.Splits(random.Next(1, 4)), .. FleetSpace.Splits(random.Next(4, 7))],
        Some(random, 8, 32, 128), Some(random, 1, 16, 64),
        Some(random, LeasePolicy.Whole, LeasePolicy.Bounded, new LeasePolicy(true, 0.5, 0.01)), Some(random, 1, 2, 3));

    private static T[] Some<T>(Random random, params T[] all) => [.. all.Take(random.Next(1, all.Length + 1))];

    private static (FleetSettings? Best, double Goodput) Exhaustive(FleetSpace space, FleetEvaluator evaluate)
    {
        (FleetSettings? Best, double Goodput) best = (null, 0);
        foreach (var settings in space.All())
            for (var i = Objectives.Loads - 1; i >= 0; i--)
            {
                var share = evaluate(settings, Objectives.Load(i)).MetShare;
                if (share < Objectives.LeastMetShare) continue;
                var goodput = Objectives.Load(i) * share / settings.Accelerators;
                if (goodput > best.Goodput) best = (settings, goodput);
                break; // the highest load that is good enough
            }

        return best;
    }

    /// <summary>Any capacity per setting, and a share that falls with the load towards it.</summary>
    private sealed class MadeUpFleet(int seed)
    {
        public FleetOutcome Evaluate(FleetSettings settings, double load)
        {
            var used = load / Capacity(settings);
            return new FleetOutcome(used >= 1 ? 0 : 1 - Math.Pow(used, 5));
        }

        // At 90% met, the load is below capacity and goodput below it too.
        public double Bound(FleetSettings settings) => Capacity(settings) / settings.Accelerators;

        private double Capacity(FleetSettings settings)
        {
            var random = new Random(seed + (settings.MixedMachines * 3) + (settings.PrefillMachines * 101) + (settings.DecodeMachines * 1009)
                + (settings.BatchSize * 31) + (settings.QueueLimit * 7) + (settings.Classes * 17) + (settings.Lease.Leases ? 5 : 0) + (int)(settings.Lease.LeastKeepRatio * 13));
            return settings.Accelerators * (0.5 + (40 * Math.Pow(random.NextDouble(), 3)));
        }
    }
}
