using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Tests.Core.Planning.Requests;

public sealed class LeaseFormTests
{
    private static readonly Arbitrary<LeaseForm> Forms =
        (from ready in Gen.Choose(0, 20_000)
         from perToken in Gen.Choose(0, 300)
         from first in Gen.Choose(0, 5000)
         from period in Gen.Choose(0, 300)
         from slack in Gen.Choose(0, 100)
         select new LeaseForm(ready / 1000.0, perToken / 1000.0, first / 1000.0, period / 1000.0, slack / 1000.0)).ToArbitrary();

    /// <summary>The closed form against trying every lease; ties (all in whole ms) included.</summary>
    [Fact]
    public void Tokens_AnyForm_IsTheFirstThatFitsWhenTriedOneByOne() =>
        Prop.ForAll(Forms, Gen.Choose(1, 600).ToArbitrary(), (form, limit) =>
        {
            var first = Enumerable.Range(1, limit).FirstOrDefault(form.Fits);
            Assert.Equal(first, form.Tokens(limit));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Tokens_DesignSection6_IsTheDevicesRateTimesTheSecondsSaved()
    {
        // tau = 1/d, r = 1: K = d x (seconds of TTFT saved) / (1 - d/p)
        const double p = 800, d = 12.5, alone = 5, first = 0.3;
        var form = new LeaseForm(alone, 1 / p, first, 1 / d, 0);
        Assert.Equal(Math.Ceiling(d * (alone - first) / (1 - (d / p))), form.Tokens(10_000));
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(double.PositiveInfinity, 1)]
    public void Tokens_NoNumber_FitsNothing(double ready, double period) =>
        Assert.Equal(0, new LeaseForm(ready, 0.001, 0, period, 0).Tokens(100));
}
