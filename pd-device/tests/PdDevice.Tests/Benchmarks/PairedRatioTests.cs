using FsCheck;
using FsCheck.Fluent;
using PdDevice.Benchmarks;

namespace PdDevice.Tests.Benchmarks;

public sealed class PairedRatioTests
{
    private static readonly Arbitrary<(int Ours, int Theirs)[]> Runs =
        Gen.Choose(1, 1000).Zip(Gen.Choose(1, 1000), (ours, theirs) => (ours, theirs)).NonEmptyListOf().Select(list => list.ToArray()).Resize(20).ToArbitrary();

    [Fact]
    public void Of_AnyRuns_MedianLiesInTheIntervalAndTheIntervalAmongTheRuns() =>
        Prop.ForAll(Runs, runs =>
        {
            var ratio = Of(runs);
            double[] ratios = [.. runs.Select(run => (double)run.Ours / run.Theirs).Order()];
            Assert.Equal((ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2, ratio.Median, 9);
            Assert.InRange(ratio.Median, ratio.Low, ratio.High);
            Assert.InRange(ratio.Low, ratios[0], ratios[^1]);
            Assert.InRange(ratio.High, ratios[0], ratios[^1]);
            Assert.Equal(ratio, Of(runs)); // the same figures, the same interval
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_FiveRuns_IntervalIsTheirRange()
    {
        // Each of the five ratios is the resampled median with a chance of 5.8% or more: both tails hold the extremes.
        var ratio = PairedRatio.Of([98, 102, 100, 97, 105], [100, 100, 100, 100, 100]);
        Assert.Equal((1.00, 0.97, 1.05), (ratio.Median, ratio.Low, ratio.High));
    }

    [Fact]
    public void Of_ManyRuns_IntervalIsNarrowerThanTheirRangeAndHoldsTheTruth()
    {
        var random = new Random(5);
        var held = 0;
        for (var trial = 0; trial < 40; trial++)
        {
            var ratio = Of([.. Enumerable.Range(0, 41).Select(_ => (random.Next(900, 1101), 1000))]);
            Assert.InRange(ratio.High - ratio.Low, 0.01, 0.12); // the range is 0.2
            if (ratio is { Low: <= 1, High: >= 1 }) held++;
        }

        Assert.InRange(held, 34, 40);
    }

    [Fact]
    public void Of_RunsOfEachPairDisturbedAlike_RatioIsUndisturbed()
    {
        // A neighbour halves the speed of some runs, of both sides.
        var ratio = PairedRatio.Of([50, 100, 100, 50, 100], [50, 100, 100, 50, 100]);
        Assert.Equal(new PairedRatio(1, 1, 1), ratio);
    }

    [Fact]
    public void Of_NothingToCompare_Throws()
    {
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([], []));
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([1], [0]));
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => PairedRatio.Of([double.PositiveInfinity], [1]));
    }

    private static PairedRatio Of((int Ours, int Theirs)[] runs) =>
        PairedRatio.Of([.. runs.Select(run => (double)run.Ours)], [.. runs.Select(run => (double)run.Theirs)]);
}
