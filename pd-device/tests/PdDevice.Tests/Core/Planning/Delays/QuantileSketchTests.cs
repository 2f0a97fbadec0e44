using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning.Delays;

namespace PdDevice.Tests.Core.Planning.Delays;

public sealed class QuantileSketchTests
{
    private static readonly Arbitrary<double[]> Values =
        Gen.NonEmptyListOf(Gen.OneOf(Gen.Choose(0, 1000).Select(v => v / 100.0), Gen.Choose(1, 9).Select(e => Math.Pow(10, e - 5)), Gen.Constant(0.0)))
            .Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void Quantile_AnyValues_IsWithinTheErrorOfTheValueAtThatRank() =>
        Prop.ForAll(Values, Gen.Choose(0, 1000).ToArbitrary(), (values, permille) =>
        {
            var sketch = Of(values);
            var sorted = values.Order().ToArray();
            var exact = sorted[Math.Max(0, (int)Math.Ceiling(permille / 1000.0 * sorted.Length) - 1)];
            Assert.InRange(sketch.Quantile(permille / 1000.0), exact * (1 - QuantileSketch.RelativeError) - 1e-12, (exact * (1 + QuantileSketch.RelativeError)) + 1e-12);
            Assert.Equal(values.Average(), sketch.Mean, 1e-12 * values.Sum());
            Assert.Equal(values.Length, sketch.Count);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ShareAtMost_AnyValues_IsThatOfAValueWithinTheError() =>
        Prop.ForAll(Values, Gen.Choose(0, 1200).Select(v => v / 100.0).ToArbitrary(), (values, at) =>
        {
            var share = Of(values).ShareAtMost(at);
            Assert.InRange(share, Share(at * (1 - (2.1 * QuantileSketch.RelativeError))), Share((at * (1 + (2.1 * QuantileSketch.RelativeError))) + QuantileSketch.Least));

            double Share(double most) => values.Count(value => value <= most) / (double)values.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ShareAtMost_NegativeOrNothingThere_IsZero() =>
        Assert.Equal((0, 0), (Of([1]).ShareAtMost(-1), new QuantileSketch().ShareAtMost(1)));

    [Fact]
    public void Quantile_RisingShare_NeverFalls() =>
        Prop.ForAll(Values, values =>
        {
            var sketch = Of(values);
            var quantiles = Enumerable.Range(0, 101).Select(q => sketch.Quantile(q / 100.0)).ToArray();
            Assert.Equal(quantiles.Order(), quantiles);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Merge_AnySplitAndOrder_IsTheSketchOfAllValues() =>
        Prop.ForAll(Values, Values, (left, right) =>
        {
            var (both, other) = (Of(left), Of(right));
            both.Merge(Of(right));
            other.Merge(Of(left));
            var whole = Of([.. left, .. right]);
            foreach (var q in (double[])[0, 0.01, 0.5, 0.9, 0.99, 1])
            {
                Assert.Equal(whole.Quantile(q), both.Quantile(q));
                Assert.Equal(whole.Quantile(q), other.Quantile(q));
            }

            Assert.Equal(whole.Mean, both.Mean, 1e-12 * whole.Mean); // sums in another order
            Assert.Equal(whole.Count, both.Count);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Add_AfterManyHalfLives_OldValuesHaveFaded()
    {
        var sketch = new QuantileSketch(halfLife: 50);
        for (var i = 0; i < 10_000; i++) sketch.Add(1);
        for (var i = 0; i < 50; i++) sketch.Add(8);
        Assert.InRange(sketch.Quantile(0.49), 0.98, 1.02); // one half-life later: half and half
        Assert.InRange(sketch.Quantile(0.51), 7.84, 8.16);
        for (var i = 0; i < 100_000; i++) sketch.Add(3); // the unit overflows and is scaled back
        Assert.InRange(sketch.Quantile(0.001), 2.94, 3.06);
        Assert.Equal(3, sketch.Mean, 6);
        Assert.InRange(sketch.Count, 72, 73); // 1 / (1 - 2^(-1/50))
    }

    [Fact]
    public void Merge_FadedSketches_NewestOfBothWeighAlike()
    {
        var (a, b) = (new QuantileSketch(10), new QuantileSketch(10));
        for (var i = 0; i < 1000; i++) a.Add(1);
        for (var i = 0; i < 200; i++) b.Add(2);
        a.Merge(b);
        Assert.Equal(1.5, a.Mean, 3);
    }

    [Fact]
    public void Quantile_NothingAdded_IsZero() => Assert.Equal(0, new QuantileSketch().Quantile(0.99));

    [Theory]
    [InlineData(-1e-9, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.PositiveInfinity)]
    public void Add_NoValueOrNoWeight_IsRefusedAndChangesNothing(double value, double weight)
    {
        var sketch = Of([1, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => sketch.Add(value, weight));
        Assert.Equal(2, sketch.Count);
    }

    [Fact]
    public void Add_BeyondTheEnds_CountsAsTheEnds()
    {
        Assert.InRange(Of([double.PositiveInfinity]).Quantile(0.5), QuantileSketch.Most * 0.98, QuantileSketch.Most * 1.02);
        Assert.Equal(0, Of([1e-9]).Quantile(0.5));
    }

    private static QuantileSketch Of(double[] values)
    {
        var sketch = new QuantileSketch();
        foreach (var value in values) sketch.Add(value);
        return sketch;
    }
}
