using PdDevice.Evaluation.Scoring;

namespace PdDevice.Tests.Evaluation;

public sealed class ScoringTests
{
    [Theory]
    [InlineData("The code of the red door is 4312.", "4312", true)]
    [InlineData("The code of the red door is 43120.", "4312", false)]
    [InlineData("the code is 14312", "4312", false)]
    [InlineData("It was 14312, then 4312", "4312", true)]
    [InlineData("Ada Brook likes PLUM CAKE best.", "plum cake", true)]
    [InlineData("", "4312", false)]
    public void Match_OfOneItem_NeedsItWhole(string answer, string item, bool right) => Assert.Equal(right, ExactMatch.Of(answer, [item], false));

    [Fact]
    public void Match_InOrder_RefusesAnotherOrder()
    {
        const string answer = "On day 2, Ada saw 4 boats. On day 1, Tom bought 3 eggs.";
        Assert.True(ExactMatch.Of(answer, ["Ada saw 4 boats", "Tom bought 3 eggs"], true));
        Assert.False(ExactMatch.Of(answer, ["Tom bought 3 eggs", "Ada saw 4 boats"], true));
        Assert.True(ExactMatch.Of(answer, ["Tom bought 3 eggs", "Ada saw 4 boats"], false));
        Assert.False(ExactMatch.Of(answer, ["Tom bought 3 eggs", "Ida slept"], false));
    }

    [Fact]
    public void Agreement_CountsPrefixAndBags()
    {
        Assert.Equal(0.5, Agreement.Prefix([1, 2, 3, 4], [1, 2, 9, 4]));
        Assert.Equal(1, Agreement.Prefix([1, 2], [1, 2, 3]));
        Assert.Equal(0.75, Agreement.TokenF1([1, 2, 3, 4], [4, 1, 2, 9]));
        Assert.Equal(0.5, Agreement.TokenF1([1, 1], [1, 3]), 12);
        Assert.Equal(0, Agreement.TokenF1([1], []));
    }

    [Fact]
    public void Wilson_OfPublishedCases_IsTheirInterval()
    {
        // Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        Near(.2553, .3662, Intervals.Wilson(81, 263));
        Near(.0624, .1605, Intervals.Wilson(15, 148));
        Near(0, .1611, Intervals.Wilson(0, 20));
        Near(.0061, .1718, Intervals.Wilson(1, 29));
    }

    [Fact]
    public void PairedChange_WhereNoPairDiffers_HasAWidth()
    {
        var change = Intervals.PairedChange(50, 0, 0, 0);
        Assert.Equal(0, change.Value);
        Assert.InRange(change.Low, -.2, -.01);
        Assert.InRange(change.High, .01, .2);
        var many = Intervals.PairedChange(500, 0, 0, 0);
        Assert.True(many.Low > -.03 && many.Low > change.Low);
    }

    [Fact]
    public void PairedChange_Mirrored_IsTheNegative()
    {
        var there = Intervals.PairedChange(40, 12, 3, 20);
        var back = Intervals.PairedChange(40, 3, 12, 20);
        Assert.Equal(-.12, there.Value, 12);
        Assert.Equal(there.Low, -back.High, 12);
        Assert.Equal(there.High, -back.Low, 12);
        Assert.True(there.Low < there.Value && there.Value < there.High);
        Assert.True(there.High < 0); // 12 lost against 3 won is a loss
    }

    private static void Near(double low, double high, Interval interval)
    {
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }
}
