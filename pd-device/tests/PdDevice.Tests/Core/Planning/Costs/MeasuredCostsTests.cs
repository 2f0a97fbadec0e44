using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;

namespace PdDevice.Tests.Core.Planning.Costs;

public sealed class MeasuredCostsTests
{
    private static readonly RatesCosts Start = new(new EngineRates(1000, 50));

    [Fact]
    public void Seconds_NothingSeen_IsWhatItBeganWith()
    {
        var costs = new MeasuredCosts(Start);
        foreach (var work in (BatchWork[])[BatchWork.Prefill(0, 100), BatchWork.Decode(7, 900), BatchWork.Prefill(5, 33) + BatchWork.Decode(3, 10), default])
            Assert.Equal(Start.Seconds(work), costs.Seconds(work));
    }

    /// <summary>Told only wrong p and d of an H200, it learns the machine from its calls, the sizes between its entries included.</summary>
    [Fact]
    public void Observe_CallsOfARealShape_PredictsOthersWithinATenth()
    {
        var truth = Hardware.Named("H200")!.With(ModelShape.Named("8B")!);
        var costs = new MeasuredCosts(Start);
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var work = Work(random);
            costs.Observe(work, truth.Seconds(work) * (0.95 + (0.1 * random.NextDouble())));
        }

        var off = Enumerable.Range(0, 1000).Select(_ => Work(random)).Select(work => Math.Abs((costs.Seconds(work) / truth.Seconds(work)) - 1)).Order().ToArray();
        Assert.InRange(off[500], 0, 0.05);
        Assert.InRange(off[950], 0, 0.15);
        var before = Start.Seconds(BatchWork.Prefill(0, 512)) / truth.Seconds(BatchWork.Prefill(0, 512));
        Assert.True(before > 5, "the start is far off, so that there is something to learn");

        static BatchWork Work(Random random)
        {
            var prefill = random.Next(3) > 0 ? BatchWork.Prefill(0, random.Next(32, 600)) : default;
            var decode = random.Next(3) > 0 || prefill.PrefillTokens == 0 ? random.Next(1, 200) : 0;
            return prefill + BatchWork.Decode(decode, decode * 300L);
        }
    }

    [Fact]
    public void Observe_OneKindOfCall_TellsUnseenKindsByItsRatio()
    {
        var costs = new MeasuredCosts(Start);
        for (var i = 0; i < 50; i++) costs.Observe(BatchWork.Prefill(0, 128), 2 * Start.Seconds(BatchWork.Prefill(0, 128)));
        Assert.Equal(2 * Start.Seconds(BatchWork.Prefill(0, 128)), costs.Seconds(BatchWork.Prefill(0, 128)), 6);
        Assert.Equal(2 * Start.Seconds(BatchWork.Decode(64, 0)), costs.Seconds(BatchWork.Decode(64, 0)), 6);
    }

    [Fact]
    public void Observe_MachineBecomesSlower_FollowsWithinSomeDozensOfCalls()
    {
        var costs = new MeasuredCosts(Start);
        var work = BatchWork.Decode(4, 100);
        for (var i = 0; i < 1000; i++) costs.Observe(work, 0.02);
        Assert.Equal(0.02, costs.Seconds(work), 6);
        for (var i = 0; i < 40; i++) costs.Observe(work, 0.03);
        Assert.InRange(costs.Seconds(work), 0.0295, 0.0301);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Observe_NoTime_SaysNothing(double seconds)
    {
        var costs = new MeasuredCosts(Start);
        costs.Observe(BatchWork.Prefill(0, 10), seconds);
        costs.Observe(default, 1);
        Assert.Equal(0.01, costs.Seconds(BatchWork.Prefill(0, 10)), 12);
    }

    [Fact]
    public void Seconds_BeyondTheTable_StaysFinite()
    {
        var costs = new MeasuredCosts(Start);
        var huge = BatchWork.Prefill(0, 50_000_000) + BatchWork.Decode(5_000_000, 1);
        costs.Observe(huge, 3);
        Assert.Equal(3, costs.Seconds(huge), 6);
    }
}
