using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Fleet;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Tests.Core.Planning.Fleet;

public sealed class FleetModelTests
{
    private static readonly Roofline H200 = Hardware.Named("H200")!.With(ModelShape.Named("8B")!);
    private static readonly FleetObjectives Objectives = new(0.9, 0.5, 1.15, 40);

    [Fact]
    public void Best_200RandomSmallSpacesOfTheModel_BoundHoldsAndFindsWhatExhaustiveSearchFinds()
    {
        var random = new Random(99);
        var (pruned, found, bounded) = (0, 0, 0);
        for (var i = 0; i < 200; i++)
        {
            var model = new FleetModel(Scene(random, random.Next(2) == 0));
            var space = new FleetSpace(
                FleetSpace.Splits(random.Next(1, 4)), Some(random, 16, 128), Some(random, 2, 8), Some(random, LeasePolicy.Whole, LeasePolicy.Bounded), Some(random, 7, 5));
            var plan = FleetPlanner.Best(space, model.Evaluate, Objectives, settings => model.Bound(settings, Objectives.LeastMetShare));
            var all = FleetPlanner.Best(space, model.Evaluate, Objectives); // every setting; the loads one by one, below
            foreach (var candidate in all.Considered)
            {
                var good = Enumerable.Range(0, Objectives.Loads).Select(load => model.Evaluate(candidate.Settings, Objectives.Load(load)).MetShare).ToArray();
                for (var load = 1; load < good.Length; load++) Assert.True(good[load] <= good[load - 1] + 1e-9, $"{candidate.Settings}: rises with the load");
                var last = Array.FindLastIndex(good, share => share >= Objectives.LeastMetShare);
                Assert.Equal(last < 0 ? 0 : Objectives.Load(last), candidate.Load);
                var bound = model.Bound(candidate.Settings, Objectives.LeastMetShare);
                Assert.True(candidate.GoodputPerAccelerator <= bound * (1 + 1e-9), $"{candidate} above its bound {bound}");
                if (double.IsFinite(bound)) bounded++;
            }

            Assert.Equal(all.Best?.GoodputPerAccelerator, plan.Best?.GoodputPerAccelerator);
            if (plan.Best is not null) found++;
            pruned += plan.Considered.Count(candidate => !candidate.Evaluated);
        }

        Assert.True(found > 50 && pruned > 100 && bounded > 500, $"{found} found, {pruned} pruned, {bounded} bounded: hardly tried");
    }

    /// <summary>Ratio (c) of the issue and its ceiling (prefill + full decode) / prefill, on sizes like Azure chat's.</summary>
    [Fact]
    public void Best_AzureLikeChatOnPhones_LeasesGainAndStayBelowTheirCeiling()
    {
        var scene = Scene(new Random(1), relative: true) with { Devices = [new DeviceClass("phone-npu", 1, new EngineRates(806, 12.6), 0.05)] };
        var model = new FleetModel(scene);

        // Where the device's own wait is two to ten times the cloud's, a tenth of it is out of anybody's reach: with sizes
        // like these that is a fifth of the requests.
        var objectives = new FleetObjectives(0.7, 1, 1.02, 400);
        var space = new FleetSpace(FleetSpace.Splits(4), [32, 128, 512], [4, 16], [LeasePolicy.Whole, LeasePolicy.Bounded], [1]);
        var whole = FleetPlanner.Best(space with { Leases = [LeasePolicy.Whole] }, model.Evaluate, objectives).Best!;
        var lease = FleetPlanner.Best(space with { Leases = [LeasePolicy.Bounded] }, model.Evaluate, objectives).Best!;
        var either = FleetPlanner.Best(space, model.Evaluate, objectives).Best!;
        Assert.Equal(lease.GoodputPerAccelerator, either.GoodputPerAccelerator);

        // Requests that the devices answer alone within their objectives cost a fleet with leases nothing; count the cloud's only.
        double prefill = 0, decode = 0;
        foreach (var cell in scene.Trace)
        {
            prefill += cell.Share * H200.PrefillSeconds(cell.PromptTokens);
            decode += cell.Share * cell.OutputTokens * H200.DecodeStepSeconds(512, 512L * (cell.PromptTokens + (cell.OutputTokens / 2))) / 512;
        }

        Assert.InRange(lease.GoodputPerAccelerator / whole.GoodputPerAccelerator, 1.05, 1.1 * (prefill + decode) / prefill);
    }

    [Fact]
    public void Evaluate_MoreMachinesOrRoom_NeverWorseAtTheSameLoad()
    {
        var model = new FleetModel(Scene(new Random(4), relative: false));
        var small = new FleetSettings(2, 0, 0, 64, 4, LeasePolicy.Bounded, 7);
        foreach (var load in (double[])[1, 10, 30, 60])
        {
            Assert.True(model.Evaluate(small with { MixedMachines = 3 }, load).MetShare >= model.Evaluate(small, load).MetShare - 1e-9);
            Assert.InRange(model.Evaluate(small, load).MetShare, 0, 1);
        }
    }

    [Fact]
    public void Evaluate_ClassesShutOut_NeedNothingAndMissUnlessTheyDoAlone()
    {
        var model = new FleetModel(Scene(new Random(4), relative: false));
        var none = model.Evaluate(new FleetSettings(1, 0, 0, 64, 4, LeasePolicy.Bounded, 0), 1000);
        var all = model.Evaluate(new FleetSettings(1, 0, 0, 64, 4, LeasePolicy.Bounded, 7), 1);
        Assert.InRange(none.MetShare, 0.01, 0.5); // short prompts need no cloud
        Assert.True(all.MetShare > 0.9);
    }

    [Fact]
    public void TraceSummary_ManyRequests_KeepsCountsAndMeansInFewCells()
    {
        var random = new Random(6);
        var summary = new TraceSummary();
        double prompts = 0, outputs = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var (prompt, output) = (1 + random.Next(100_000), 1 + random.Next(4000));
            summary.Add(prompt, output);
            prompts += prompt;
            outputs += output;
        }

        var cells = summary.Cells();
        Assert.InRange(cells.Count, 100, 1000);
        Assert.Equal(200_000, summary.Requests);
        Assert.Equal(1, cells.Sum(cell => cell.Share), 9);
        Assert.Equal(prompts / 200_000, cells.Sum(cell => cell.Share * cell.PromptTokens), 0.5);
        Assert.Equal(outputs / 200_000, cells.Sum(cell => cell.Share * cell.OutputTokens), 0.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => summary.Add(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => summary.Add(1, 0));
    }

    private static T[] Some<T>(Random random, params T[] all) => [.. all.Take(random.Next(1, all.Length + 1))];

    private static FleetScene Scene(Random random, bool relative)
    {
        // Sizes as Azure chat's: prompts p50 1020, outputs p50 129 and a mean of about 211.
        var summary = new TraceSummary();
        for (var i = 0; i < 400; i++) summary.Add(Size(1020, 0.6), Size(129, 0.9));
        return new FleetScene(
            summary.Cells(),
            [new("phone-npu", 0.5, new EngineRates(806, 12.6), 0.05), new("phone-cpu", 0.2, new EngineRates(36, 8.2), 0.08), new("laptop", 0.3, new EngineRates(2300, 47), 0.02)],
            H200, H200.Positions, 2000, relative, QualityTable.Whole, 0);

        int Size(double median, double spread) =>
            Math.Max(1, (int)(median * Math.Exp(spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))));
    }
}
