using PdDevice.Cloud.Batching;

namespace PdDevice.Tests.Cloud.Batching;

public sealed class LearnedRatesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Prefilled_AtAnotherRate_TheAverageFollowsBySevenToThree()
    {
        var rates = new LearnedRates(1000);
        rates.Prefilled(500, Second);
        Assert.Equal(850, rates.PrefillTokensPerSecond, 9);
        for (var i = 0; i < 40; i++) rates.Prefilled(500, Second);
        Assert.Equal(500, rates.PrefillTokensPerSecond, 0.01);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)] // reading took longer than all of it, by clocks that differ
    public void Prefilled_InNoTime_CountsForNothing(int seconds)
    {
        var rates = new LearnedRates(1000);
        rates.Prefilled(500, seconds * Second);
        Assert.Equal(1000, rates.PrefillTokensPerSecond);
    }

    [Fact]
    public void AttentionRead_FirstIsTakenAsItIsAndLaterOnesAveraged()
    {
        var rates = new LearnedRates(1000);
        Assert.Equal(0, rates.RefineSecondsPerToken);
        rates.AttentionRead(1000, Second);
        Assert.Equal(0.001, rates.RefineSecondsPerToken, 12);
        rates.AttentionRead(500, Second);
        Assert.Equal(0.0013, rates.RefineSecondsPerToken, 12);
    }

    [Fact]
    public void NothingRead_SoManyInARow_WhatReadingTookIsForgotten()
    {
        var rates = new LearnedRates(1000);
        rates.AttentionRead(1000, Second);
        for (var i = 1; i < LearnedRates.ReadingForgotten; i++) rates.NothingRead();
        rates.AttentionRead(1000, Second); // begins the count anew
        for (var i = 1; i < LearnedRates.ReadingForgotten; i++) rates.NothingRead();
        Assert.Equal(0.001, rates.RefineSecondsPerToken, 12);
        rates.NothingRead();
        Assert.Equal(0, rates.RefineSecondsPerToken);
        rates.AttentionRead(500, Second);
        Assert.Equal(0.002, rates.RefineSecondsPerToken, 12);
    }
}
