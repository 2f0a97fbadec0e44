using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;
using PdDevice.Device.Answers;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;

namespace PdDevice.Tests.Device.Answers;

/// <summary>What the answers of one device learn of its delays, and what that does to the next ones, in virtual time.</summary>
public sealed class LearnedDelaysTests
{
    private const int Prompt = 600; // three seconds of prefill by the device's rates
    private const double Slower = 1.3;

    private static readonly EngineRates SlowRates = new(Scripted.DeviceRates.PrefillTokensPerSecond / Slower, Scripted.DeviceRates.DecodeTokensPerSecond);

    [Fact]
    public void RunAsync_DeviceSlowerThanItsRateInEveryAnswer_AfterSomeTheLeaseNeedsNoContinuation()
    {
        var delays = new LearnedDelays();
        var outcomes = new List<Scripted.Outcome>();
        InTurn(delays, SlowRates, async (ask, _) =>
        {
            for (var i = 0; i < 24; i++) outcomes.Add(await ask(Scripted.Request(Prompt, 200, 0)));
        });
        Assert.All(outcomes[..22], outcome => Assert.Equal((outcomes[0].Usage.Plan!.Lease, 2), (outcome.Usage.Plan!.Lease, outcome.Usage.Assists)));
        Assert.All(outcomes[22..], outcome =>
        {
            Assert.Equal((1, 0), (outcome.Usage.Assists, outcome.Usage.CloudTokensUnused));
            Assert.True(outcome.Usage.Plan!.Lease > outcomes[0].Usage.Plan!.Lease);
            Assert.Equal(TokenSource.Device, outcome.Shown[^1].Source);
            Assert.Equal(outcomes[0].Text, outcome.Text);
            for (var i = 1; i < outcome.Shown.Count; i++)
                Assert.InRange(outcome.Shown[i].At - outcome.Shown[i - 1].At, TimeSpan.Zero, Scripted.DeviceRates.DecodeStep * RequestObjectives.GapSteps); // no stall
        });
        Assert.InRange(delays.Slowdown.Quantile(0.5), Slower * 0.98, Slower * 1.02);
        Assert.Equal((0, 0), (delays.CloudWait.Quantile(1), delays.LinkJitter.Quantile(1)));
        Assert.Equal(2 * Scripted.OneWay.TotalSeconds, delays.ShortestRoundTrip);
    }

    [Fact]
    public void RunAsync_DeviceAsFastAsItsRate_TheLeaseIsNoLongerThanWithTheMargin()
    {
        var leases = new List<int>();
        InTurn(new LearnedDelays(), Scripted.DeviceRates, async (ask, _) =>
        {
            for (var i = 0; i < 24; i++) leases.Add((await ask(Scripted.Request(Prompt, 200, 0))).Usage.Plan!.Lease);
        });
        Assert.InRange(leases[^1], 1, leases[0] + 1); // the sketch is as exact as the margin is wide
    }

    [Fact]
    public void RunAsync_CloudHasAnotherAheadOfIt_TheWaitIsLearned()
    {
        var delays = new LearnedDelays();
        var first = TimeSpan.Zero;
        InTurn(delays, Scripted.DeviceRates, async (ask, cloud) =>
        {
            for (var i = 0; i < 4; i++) cloud.Assist(Batches.Request(800, 1, seed: i), "other");
            first = (await ask(Scripted.Request(Prompt, 200, 0))).Shown[0].At;
        });
        // From the answer's beginning: the greeting, then the assist.
        var wait = (first - (4 * Scripted.OneWay) - Scripted.CloudRates.Prefill(Prompt)).TotalSeconds;
        Assert.InRange(wait, 0.2, 1);
        Assert.Equal(wait, delays.CloudWait.Mean, 0.02);
    }

    [Theory]
    [InlineData(256)] // the device takes over
    [InlineData(5)] // the cloud makes the whole answer
    public void RunAsync_WhoeverEndsTheAnswer_TheSlowdownIsLearned(int maxTokens)
    {
        var delays = new LearnedDelays();
        InTurn(delays, SlowRates, async (ask, _) =>
        {
            var outcome = await ask(Scripted.Request(Prompt, maxTokens, 0, lease: 5));
            Assert.Equal(maxTokens == 5, outcome.Usage.DeviceTokens == 0);
        });
        Assert.Equal(1, delays.Slowdown.Count, 1e-9);
        Assert.Equal(Slower, delays.Slowdown.Mean, 0.001);
    }

    [Fact]
    public void RunAsync_LessThanAChunkOrNoCloud_NothingIsLearnedOfTheSlowdown()
    {
        var delays = new LearnedDelays();
        VirtualTime.Run(async time =>
        {
            var shared = Scripted.Shared(time) with { Delays = delays };
            await Scripted.RunAsync(new PacedEngine(new ScriptedEngine(), SlowRates, time), null, Scripted.Request(Prompt, 5, 0), time, shared);
        });
        InTurn(delays, SlowRates, async (ask, _) => await ask(Scripted.Request(Scripted.DeviceRates.DeviceChunk - 1, 5, 0)));
        Assert.Equal(0, delays.Slowdown.Count);
    }

    [Fact]
    public void RunAsync_CloudSparedForItsWaits_IsAskedAgainAfterSomeAnswers()
    {
        var delays = new LearnedDelays();
        for (var i = 0; i < 30; i++)
        {
            delays.Slowdown.Add(1);
            delays.CloudWait.Add(10);
        }

        var asked = new List<bool>();
        InTurn(delays, Scripted.DeviceRates, async (ask, _) =>
        {
            for (var i = 0; i < 22; i++) asked.Add((await ask(Scripted.Request(Prompt, 5, 0))).Usage.Plan!.UseCloud);
        });
        Assert.Equal(20, asked.IndexOf(true));
        Assert.True(asked[21]);
    }

    /// <summary>Answers of one device, one after the other, with a cloud that keeps nothing of them.</summary>
    private static void InTurn(LearnedDelays delays, EngineRates real, Func<Func<AnswerRequest, Task<Scripted.Outcome>>, PdDevice.Cloud.CloudService, Task> body) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var cloud = InProcessCloud.Start(
            new PacedEngine(new ScriptedEngine(8), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token, new PdDevice.Cloud.CloudOptions { PrefixBytes = 0 });
        var shared = Scripted.Shared(time) with { Delays = delays };
        await body(
            request => Scripted.RunAsync(new PacedEngine(new ScriptedEngine(), real, time), new InProcessCloud(cloud, Scripted.OneWay, time), request, time, shared), cloud);
        stop.Cancel();
    });
}
