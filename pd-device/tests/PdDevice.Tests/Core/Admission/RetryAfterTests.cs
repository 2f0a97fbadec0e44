using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Core.Admission;

public sealed class RetryAfterTests
{
    [Fact]
    public void For_AnyWait_IsTheNextWholeSecondWithinTheBounds() =>
        Prop.ForAll(Gen.Choose(-1_000_000, 1_000_000).ToArbitrary(), ms =>
        {
            var wait = TimeSpan.FromMilliseconds(ms);
            var after = RetryAfter.For(wait);
            Assert.Equal(0, after.Ticks % TimeSpan.TicksPerSecond);
            Assert.InRange(after, TimeSpan.FromSeconds(1), RetryAfter.Longest);
            Assert.True(after >= wait || after == RetryAfter.Longest);
            Assert.True(after - wait < TimeSpan.FromSeconds(1) || wait <= TimeSpan.Zero);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(7, 0, 7)]
    [InlineData(10, 0.5, 10)]
    [InlineData(9, 0.9, 1)]
    [InlineData(10, 0.1, 90)]
    [InlineData(10, 1, 1)]
    [InlineData(1e6, 1e-300, 300)]
    public void Loading_PartLoaded_TheRestTakesAsLongInProportion(double elapsed, double progress, double expected) =>
        Assert.Equal(expected, RetryAfter.Loading(TimeSpan.FromSeconds(elapsed), progress).TotalSeconds);
}
