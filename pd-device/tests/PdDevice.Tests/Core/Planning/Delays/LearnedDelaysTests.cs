using PdDevice.Core.Planning.Delays;

namespace PdDevice.Tests.Core.Planning.Delays;

public sealed class LearnedDelaysTests
{
    [Fact]
    public void Suffice_SlowdownsAndWaits_TwentyTwoOfEachAreNeeded()
    {
        var delays = new LearnedDelays();
        for (var i = 0; i < 22; i++)
        {
            Assert.False(delays.Suffice);
            delays.Slowdown.Add(1);
        }

        for (var i = 0; i < 22; i++)
        {
            Assert.False(delays.Suffice);
            delays.CloudWait.Add(0);
        }

        Assert.True(delays.Suffice);
    }

    [Fact]
    public void RoundTrip_AnyOrder_JitterIsWhatCameOnTopOfTheShortestSoFar()
    {
        var delays = new LearnedDelays();
        Assert.Null(delays.ShortestRoundTrip);
        foreach (var seconds in new[] { 0.05, 0.08, 0.02, 0.06 }) delays.RoundTrip(seconds);
        Assert.Equal(0.02, delays.ShortestRoundTrip);
        Assert.Equal(0, delays.LinkJitter.Quantile(0));
        Assert.InRange(delays.LinkJitter.Quantile(1), 0.04 * 0.97, 0.04 * 1.03);
    }

    [Fact]
    public void Spared_TwentyAnswers_ForgetsTheWaitsAlone()
    {
        var delays = new LearnedDelays();
        for (var i = 0; i < 50; i++)
        {
            delays.Slowdown.Add(1.5);
            delays.CloudWait.Add(9);
        }

        for (var i = 0; i < 19; i++) delays.Spared();
        Assert.True(delays.Suffice);
        delays.Spared();
        Assert.Equal(0, delays.CloudWait.Count);
        Assert.InRange(delays.Slowdown.Quantile(0.5), 1.45, 1.55);
        delays.Spared(); // counted anew
        delays.CloudWait.Add(1);
        Assert.InRange(delays.CloudWait.Count, 0.9, 1.1);
    }
}
