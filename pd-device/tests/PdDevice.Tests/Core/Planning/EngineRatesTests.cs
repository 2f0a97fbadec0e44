using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.Planning;

public sealed class EngineRatesTests
{
    [Theory]
    [InlineData(130, 32)]
    [InlineData(260, 64)]
    [InlineData(60, 8)]
    [InlineData(3, 1)]
    [InlineData(0.5, 1)]
    [InlineData(128, 32)]
    [InlineData(100_000, 128)]
    public void DeviceChunk_KnownRate_IsTheStatedPowerOfTwo(double prefill, int chunk) =>
        Assert.Equal(chunk, new EngineRates(prefill, 1).DeviceChunk);

    [Fact]
    public void DeviceChunk_AnyRate_IsTheLargestPowerOfTwoWithinTheLongestCall() =>
        Prop.ForAll(Gen.Choose(1, 5000).ToArbitrary(), prefill =>
        {
            int[] fitting = [.. Enumerable.Range(0, 8).Select(e => 1 << e).Where(chunk => chunk * 1000 <= prefill * 250)];
            Assert.Equal(fitting.DefaultIfEmpty(1).Max(), new EngineRates(prefill, 1).DeviceChunk);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void PrefillAndDecodeStep_KnownRates_AreCountOverRate()
    {
        var rates = new EngineRates(200, 8);
        Assert.Equal(TimeSpan.FromSeconds(0.25), rates.Prefill(50));
        Assert.Equal(TimeSpan.Zero, rates.Prefill(0));
        Assert.Equal(TimeSpan.FromMilliseconds(125), rates.DecodeStep);
    }
}
