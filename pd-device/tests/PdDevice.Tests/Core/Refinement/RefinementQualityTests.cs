using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

public sealed class RefinementQualityTests
{
    [Theory]
    [InlineData(-1, -2.9, true)]
    [InlineData(-1.1, -1.5, false)]
    [InlineData(0, -3, false)]
    [InlineData(2, -3.5, false)]
    public void Borne_IsALossOfAPointAtMostThatIsKnownWell(double change, double low, bool borne) =>
        Assert.Equal(borne ? .3 : null, new RefinementQuality([new RatioQuality(.3, change, low, 500)]).SmallestBorne);

    [Fact]
    public void SmallestBorne_OfSeveral_IsTheSmallest() =>
        Assert.Equal(.35, new RefinementQuality([new(.7, 0, -1, 500), new(.1, -20, -25, 500), new(.35, -.5, -2, 500), new(.2, -1.5, -4, 500)]).SmallestBorne);

    [Fact]
    public void SmallestBorne_OfNone_IsNone() => Assert.Null(new RefinementQuality([]).SmallestBorne);

    // Tables of two tasks: a change in half points at each ratio, its lower bound two points below.
    [Fact]
    public void SmallestBorne_AnyTasks_IsThatOfTheTaskAloneAndSaysNothingOfAll() =>
        Prop.ForAll(Gen.Choose(-4, 2).ArrayOf().Resize(9).ToArbitrary(), Gen.Choose(-4, 2).ArrayOf().Resize(9).ToArbitrary(), (one, other) =>
        {
            var quality = new RefinementQuality([], new Dictionary<string, RefinementQuality> { ["one"] = Of(one), ["other"] = Of(other) });
            Assert.Null(quality.SmallestBorne);
            Assert.Equal(Expected(one), quality.Tasks["one"].SmallestBorne);
            Assert.Equal(Expected(other), quality.Tasks["other"].SmallestBorne);

            static double? Expected(int[] changes) => Array.FindIndex(changes, change => change > -2) is >= 0 and var first ? (first + 1) / 20.0 : null;
            static RefinementQuality Of(int[] changes) => new([.. changes.Select((change, i) => new RatioQuality((i + 1) / 20.0, change / 2.0, (change / 2.0) - 2, 500)).Take(19).Reverse()]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Quality_RatioTwiceOrOutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new RefinementQuality([new(.5, 0, 0, 1), new(.5, 0, 0, 1)]));
        Assert.Throws<ArgumentException>(() => new RefinementQuality([new(1, 0, 0, 1)]));
    }
}
