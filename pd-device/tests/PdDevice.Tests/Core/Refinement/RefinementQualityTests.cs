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

    [Fact]
    public void Quality_RatioTwiceOrOutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new RefinementQuality([new(.5, 0, 0, 1), new(.5, 0, 0, 1)]));
        Assert.Throws<ArgumentException>(() => new RefinementQuality([new(1, 0, 0, 1)]));
    }
}
