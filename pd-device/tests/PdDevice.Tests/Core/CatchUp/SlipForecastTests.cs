using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.CatchUp;
using PdDevice.Core.Planning;

namespace PdDevice.Tests.Core.CatchUp;

public sealed class SlipForecastTests
{
    private static readonly EngineRates Device = new(130, 7);

    private static readonly Gen<EngineRates> AnyRates =
        from p in Gen.Choose(10, 2000)
        from ratio in Gen.Choose(2, 50)
        select new EngineRates(p, (double)p / ratio);

    [Theory]
    [InlineData(900, 1000, 100, 143, 64)] // ready before the tokens run out
    [InlineData(1000, 1000, 100, 143, 64)]
    [InlineData(2000, 0, 2000, 143, 64)] // the device is there first
    [InlineData(2000, -500, 2500, 143, 64)]
    [InlineData(9000, 5000, 100, 143, 64)] // too early to ask
    [InlineData(2000, 0, 100, 143, 0)] // nothing left to ask for
    [InlineData(2000, 0, 100, 143, -1)]
    [InlineData(2000, 0, 100, 0, 64)] // nothing is paced
    public void Continuation_NotNeededOrNotYet_AsksForNothing(int readyMs, int exhaustedMs, int firstMs, int periodMs, int limit) =>
        Assert.Equal(0, SlipForecast.Continuation(Ms(readyMs), Ms(exhaustedMs), Ms(exhaustedMs), Ms(firstMs), Ms(periodMs), Device, limit));

    [Fact]
    public void Continuation_FirstTokenDueInTwoPeriodsOfNeed_AsksNow()
    {
        var just = Ms(100) + (2 * Ms(143));
        Assert.Equal(0, SlipForecast.Continuation(Ms(9000), just + TimeSpan.FromTicks(1), Ms(2000), Ms(100), Ms(143), Device, 64));
        Assert.InRange(SlipForecast.Continuation(Ms(9000), just, Ms(2000), Ms(100), Ms(143), Device, 64), 1, 64);
    }

    [Fact]
    public void Continuation_Needed_IsWithinTheLimitDoesNotStarveTheDisplayAndIsNotWasteful() =>
        Prop.ForAll(
            AnyRates.ToArbitrary(), Gen.Choose(1, 30_000).ToArbitrary(),
            (from exhausted in Gen.Choose(-3000, 3000) from bend in Gen.Choose(0, 1000) from first in Gen.Choose(0, 3000) from limit in Gen.Choose(1, 2000) select (exhausted, bend, first, limit)).ToArbitrary(),
            (device, readyMs, at) =>
            {
                var (ready, exhausted, first, period) = (Ms(readyMs), Ms(at.exhausted), Ms(at.first), device.DecodeStep);
                var lease = SlipForecast.Continuation(ready, exhausted, exhausted + Ms(at.bend), first, period, device, at.limit);
                if (ready <= exhausted + Ms(at.bend) || first >= ready || exhausted > first + 2 * period)
                {
                    Assert.Equal(0, lease);
                    return;
                }

                Assert.InRange(lease, 1, at.limit);
                if (lease == at.limit) return; // more may be needed than may be asked for

                // Token i of the continuation is shown a period after the one before; the one after it must be the device's.
                var shownFrom = exhausted > first ? exhausted : first;
                var deviceReady = ready + device.Prefill(lease);
                Assert.True(deviceReady <= shownFrom + lease * period, $"{lease} tokens; the device is ready at {deviceReady}");

                // And no more than the planner's margin asks for: two tokens fewer would not reach it.
                if (lease <= 2) return;
                var margin = ready * AssistPlanner.PrefillMargin + device.Prefill(device.DeviceChunk) + period;
                Assert.True(ready + margin + device.Prefill(lease - 2) > shownFrom + (lease - 2) * period, $"{lease} tokens are too many");
            }).QuickCheckThrowOnFailure();

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
