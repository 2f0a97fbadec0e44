using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation.Tests.Policies;

public sealed class KvShippingTests
{
    [Theory]
    [InlineData(30, Way.Device)] // the device is there long before the cloud would be
    [InlineData(0.01, Way.Both)]
    public void Plan_WaitsAsLearned_AsksTheCloudWherePdDeviceDoes(double wait, Way way)
    {
        var kind = Worlds.Ordinary("phone-npu").Devices.Kinds[0];
        var delays = new LearnedDelays();
        for (var i = 0; i < 100; i++) delays.CloudWait.Add(wait);
        var view = new AnswerView(2000, 1000, kind, kind.Rates(2000), new EngineRates(25_000, 50), TimeSpan.FromMilliseconds(50), 20e6, 4096, 0.03, delays);
        var objectives = new Objectives(ObjectiveSet.Absolute);
        Assert.Equal(way, new KvShipping(objectives, 32_768).Plan(view).Way);
        Assert.Equal(way, new PdDevicePolicy(objectives, null).Plan(view).Way);
    }

    [Fact]
    public void Plan_StateThatComesFast_ShortensTheLease()
    {
        var kind = Worlds.Ordinary("phone-npu").Devices.Kinds[0];
        var (slow, fast) = (Lease(1e6), Lease(1e9));
        Assert.True(fast < 0.5 * slow, $"{fast} of {slow}");

        int Lease(double bitsPerSecond) => new KvShipping(new Objectives(ObjectiveSet.Absolute), 32_768).Plan(new AnswerView(
            8000, 1000, kind, kind.Rates(8000), new EngineRates(25_000, 50), TimeSpan.FromMilliseconds(50), bitsPerSecond, 4096, 0.03, new LearnedDelays())).Lease;
    }
}
