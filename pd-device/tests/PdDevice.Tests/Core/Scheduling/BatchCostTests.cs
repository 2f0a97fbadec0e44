using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Core.Scheduling;

namespace PdDevice.Tests.Core.Scheduling;

public sealed class BatchCostTests
{
    // A machine of the model's own form, unknown at first: what is learned must bring the bound within a few batches.
    [Fact]
    public void PrefillRows_AnyMachineOnceLearned_BatchStaysWithinTheBound() =>
        Prop.ForAll(
            Gen.Choose(50, 20_000).ToArbitrary(), Gen.Choose(1, 64).ToArbitrary(), Gen.Choose(20, 500).ToArbitrary(),
            (prefillRate, decodes, boundMs) =>
            {
                var bound = boundMs / 1000.0;
                var stepTruth = bound / 4;
                var cost = new BatchCost(new EngineRates(1000, 100));
                for (var i = 0; i < 60; i++)
                {
                    cost.Observe(0, decodes, stepTruth);
                    cost.Observe(64, decodes, stepTruth + (64.0 / prefillRate));
                }

                var rows = cost.PrefillRows(decodes, bound, 512);
                var took = stepTruth + ((double)rows / prefillRate);
                Assert.True(rows == BatchCost.LeastRows || took <= bound * 1.05, $"{rows} rows take {took} s");
                Assert.True(rows == 512 || took + (2.0 / prefillRate) >= bound * 0.9, $"{rows} rows waste the bound");
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 0.2)]
    [InlineData(5, 0)]
    public void PrefillRows_NobodyWaitsOrNoBound_IsAll(int decodes, double bound) =>
        Assert.Equal(384, new BatchCost(new EngineRates(10, 1)).PrefillRows(decodes, bound, 384));

    [Fact]
    public void PrefillRows_BoundTooTight_StillGetsTheLeast()
    {
        var cost = new BatchCost(new EngineRates(10, 1));
        Assert.Equal(BatchCost.LeastRows, cost.PrefillRows(4, 0.001, 512));
        Assert.Equal(3, cost.PrefillRows(4, 0.001, 3));
    }

    [Fact]
    public void Observe_NoTimeTaken_ChangesNothing()
    {
        var cost = new BatchCost(new EngineRates(1000, 100));
        var before = cost.Expect(100, 1);
        cost.Observe(100, 0, 0);
        cost.Observe(0, 1, -1);
        cost.Observe(0, 1, double.NaN);
        Assert.Equal(before, cost.Expect(100, 1));
    }
}
