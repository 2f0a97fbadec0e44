using PdDevice.Cloud;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Telemetry;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Faults;

namespace PdDevice.Tests.Device.Answers;

/// <summary>Each place where an answer can fail, and the one step that follows (invariants 1 to 3); in virtual time.</summary>
public sealed class FailurePlaceTests
{
    private const int Prompt = 400;
    private const int Long = 3000; // fifteen seconds of prefill on the device
    private const int MaxTokens = 200;

    [Fact]
    public void FailurePlace_EachOne_HasATestNamedAfterItHere()
    {
        var tests = typeof(FailurePlaceTests).GetMethods().Select(method => method.Name).ToArray();
        Assert.All(Enum.GetNames<FailurePlace>(), place => Assert.Contains(tests, test => test.StartsWith($"{place}_", StringComparison.Ordinal)));
    }

    [Fact]
    public void CloudConnect_Unreachable_DeviceGoesOnAlone()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, (loop, time) => Broken(loop, time, new HttpRequestException(HttpRequestError.ConnectionError, "no")));
        AssertAlone(request, outcome, FailurePlace.CloudConnect);
        Assert.Contains("cannot be reached", outcome.Usage.CloudTrouble);
    }

    [Fact]
    public void CloudConnect_Silent_LetGoWhenPatienceEnds()
    {
        var request = Scripted.Request(Long, 20, 0);
        var outcome = Scripted.Together(request, oneWay: TimeSpan.FromMinutes(1));
        AssertAlone(request, outcome, FailurePlace.CloudConnect);
        Assert.Contains("in time", outcome.Usage.CloudTrouble);
    }

    [Fact]
    public void CloudFirstToken_Silent_WatchdogLetsItGoAndTheDeviceGoesOnAlone()
    {
        InProcessCloud? cloud = null;
        var request = Scripted.Request(Long, 20, 0);
        var outcome = Scripted.Together(request, (loop, time) => cloud = new InProcessCloud(loop, Scripted.OneWay, time) { SilentAfter = 0 });
        AssertAlone(request, outcome, FailurePlace.CloudFirstToken);
        Assert.Contains("first token did not come in time", outcome.Usage.CloudTrouble);
        Assert.Equal(0, cloud!.Delivered); // after ten seconds it would have come: before the device was ready
    }

    [Fact]
    public void CloudFirstToken_Refused_DeviceGoesOnAloneAndAsksNoMore()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0);
        var asked = 0;
        var outcome = Scripted.Together(request, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time)
        {
            Asked = () => _ = ++asked > 1 ? throw new CloudRefusedException(new WireError("http_500", "HTTP 500"), 500) : 0,
        });
        AssertAlone(request, outcome, FailurePlace.CloudFirstToken);
        Assert.Equal(1, outcome.Usage.Assists);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(25)]
    public void CloudToken_Lost_OneContinuationWhileItHelpsAndNoMore(int after)
    {
        InProcessCloud? cloud = null;
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, (loop, time) => cloud = new InProcessCloud(loop, Scripted.OneWay, time) { LoseAfter = after });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal([FailurePlace.CloudToken, FailurePlace.CloudToken], outcome.Usage.Failures); // the continuation breaks after its first token
        Assert.Equal(2, outcome.Usage.Assists);
        Assert.Equal(outcome.Ids[..after], cloud!.Requests[1].Committed); // it carries the ledger
        AssertOneSourceAfterTheOther(outcome);
    }

    [Fact]
    public void CloudToken_LostWhereTheDeviceIsSooner_NoContinuation()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, (loop, time) => new InProcessCloud(loop, TimeSpan.FromMilliseconds(330), time) { LoseAfter = 3 });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal((1, 3), (outcome.Usage.Assists, outcome.Usage.CloudTokens));
        Assert.Equal([FailurePlace.CloudToken], outcome.Usage.Failures);
    }

    [Fact]
    public void CloudToken_SilentTenSeconds_LetGoWhenTheShownOnesRanOutAndAContinuationBridges()
    {
        var request = Scripted.Request(Long, MaxTokens, 0.8);
        var patience = new CloudPatience { Stall = TimeSpan.FromMilliseconds(300) };
        var outcome = Scripted.Together(
            request, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time) { SilentAfter = 30 }, policy: new AnswerPolicy { Patience = patience });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal([FailurePlace.CloudToken], outcome.Usage.Failures);
        Assert.Equal(2, outcome.Usage.Assists);
        Assert.Contains("fell silent", outcome.Usage.CloudTrouble);
        var gap = outcome.Shown[30].At - outcome.Shown[29].At;
        Assert.InRange(gap, patience.Stall / 2, patience.Stall + TimeSpan.FromSeconds(2)); // less than the stall: the pace has bent before; then a round trip and the cloud's prefill of 3,000 tokens
    }

    [Fact]
    public async Task RefinedPrompt_OneThatCannotBeRead_IgnoredAndTheRawPromptServes()
    {
        var request = Scripted.Request(2000, 20, 0.8, lease: 20); // five seconds of prefill: all of it comes from the cloud
        await using var trial = await FaultTrial.StartAsync();
        var outcome = await trial.RunAsync(request, new FaultPlan(Fault.UnknownEvent, 5), new AnswerPolicy { Patience = new CloudPatience { Stall = TestCloud.Patience, FirstTokenFloor = TestCloud.Patience } });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.True(outcome.Struck, $"{outcome.Usage}");
        Assert.Equal([FailurePlace.RefinedPrompt], outcome.Usage.Failures);
        Assert.InRange(outcome.Usage.CloudTokens, 6, 20); // it went on after the event
    }

    [Fact]
    public async Task RefinedPrompt_AMillionRanges_CloudIsLetGoAndTheRawPromptServes()
    {
        var request = Scripted.Request(2000, 20, 0.8) with { KeepRatio = 0.4 }; // five seconds of prefill: the cloud is asked
        await using var trial = await FaultTrial.StartAsync();
        var outcome = await trial.RunAsync(request, new FaultPlan(Fault.MillionRanges, 2), new AnswerPolicy { Patience = new CloudPatience { Stall = TestCloud.Patience, FirstTokenFloor = TestCloud.Patience } });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.True(outcome.Struck, $"{outcome.Usage}");
        Assert.Equal([FailurePlace.CloudToken], outcome.Usage.Failures); // more bytes than a prompt of so many positions can need
        Assert.Null(outcome.Usage.Refined);
    }

    [Theory]
    [InlineData(256, 0)]
    [InlineData(40, 0)]
    [InlineData(256, 7)]
    public void DevicePrefill_EngineFails_CloudGoesOnByContinuationsToTheEnd(int maxLease, int calls)
    {
        InProcessCloud? cloud = null;
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(
            request, (loop, time) => cloud = new InProcessCloud(loop, Scripted.OneWay, time), options: new CloudOptions { MaxLease = maxLease },
            device: (_, time) => Failing(time, () => calls-- <= 0));
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal((MaxTokens, 0), (outcome.Usage.CloudTokens, outcome.Usage.DeviceTokens));
        Assert.Equal([FailurePlace.DevicePrefill], outcome.Usage.Failures);
        Assert.All(cloud!.Requests, assist => Assert.Equal(outcome.Ids[..assist.Committed.Length], assist.Committed));
        if (maxLease == 40) Assert.InRange(cloud.Requests.Count, 5, 6);
    }

    [Fact]
    public void DevicePrefill_CloudWasNotNeededYet_IsGreetedThen()
    {
        var request = Scripted.Request(20, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, device: (_, time) => Failing(time, () => true));
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal((MaxTokens, 1), (outcome.Usage.CloudTokens, outcome.Usage.Assists));
    }

    [Fact]
    public void Handover_EngineGivesNoFirstToken_CloudGoesOn()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, device: (_, time) => new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
        {
            After = batch =>
            {
                if (batch.Rows[^1].WantLogits) batch.LogitsBuffer(batch.Count - 1, batch.Logits(batch.Count - 1).Length).Fill(float.NaN);
            },
        });
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal([FailurePlace.Handover], outcome.Usage.Failures);
        Assert.Equal(0, outcome.Usage.DeviceTokens);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(Prompt)]
    public void DeviceDecode_EngineFails_CloudGoesOnFromTheLastToken(int prompt)
    {
        var request = Scripted.Request(prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, device: (_, time) => new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
        {
            Before = batch => batch.Rows[0] is { Kind: RowKind.Decode, Position: var at } && at >= prompt + 120
                ? throw new EngineException(EngineError.OutOfMemory, "no memory") : Task.CompletedTask,
        });
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal([FailurePlace.DeviceDecode], outcome.Usage.Failures);
        Assert.Equal(TokenSource.Device, outcome.Shown[119].Source);
        Assert.All(outcome.Shown.Skip(121), token => Assert.Equal(TokenSource.Cloud, token.Source));
    }

    [Fact]
    public void DeviceDecode_CloudCannotGoOnEither_NamedErrorAfterAnIntactPrefix()
    {
        foreach (var (options, lose) in new[] { (new CloudOptions { MaxTotal = 150 }, int.MaxValue), (new CloudOptions(), 130) })
            VirtualTime.Run(async time =>
            {
                using var stop = new CancellationTokenSource();
                var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token, options);
                var request = Scripted.Request(Prompt, MaxTokens, 0.8);
                var calls = 0;
                var answer = new Answer(Failing(time, () => ++calls > 15), Scripted.DeviceRates, new InProcessCloud(loop, Scripted.OneWay, time) { LoseAfter = lose }, request, time);
                var shown = new List<int>();
                var error = await Assert.ThrowsAsync<AnswerException>(async () =>
                {
                    await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token.Id);
                });
                Assert.Equal(AnswerError.DeviceFailed, error.Error);
                Assert.InRange(shown.Count, 130, 150);
                Assert.Equal(Scripted.Alone(request).Ids[..shown.Count], shown);
                stop.Cancel();
            });
    }

    [Fact]
    public void ClientWrite_ClientLeavesAnywhere_BothSidesStopWithinAStep()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var leaveAt = TimeSpan.FromMilliseconds(random.NextDouble() * 6000);
            VirtualTime.Run(async time =>
            {
                using var metrics = new DeviceMetrics();
                using var counted = new CountedFailures(metrics);
                using var stop = new CancellationTokenSource();
                var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token);
                var calls = 0;
                var engine = new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
                {
                    Before = _ => ++calls > 0 ? Task.CompletedTask : throw new InvalidOperationException(),
                };
                var answer = new Answer(
                    engine, Scripted.DeviceRates, new InProcessCloud(loop, Scripted.OneWay, time), Scripted.Request(Prompt, MaxTokens, 0.8), time,
                    shared: Scripted.Shared(time, metrics: metrics));
                using var client = new CancellationTokenSource(leaveAt, time);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
                {
                    await foreach (var _ in answer.RunAsync(client.Token))
                    {
                    }
                });

                Assert.Equal(leaveAt.TotalMilliseconds, time.Elapsed.TotalMilliseconds, 1.0); // the device stopped at once
                var before = calls;
                await Task.Delay(Scripted.OneWay + Scripted.CloudRates.Prefill(Prompt), time); // its letting go travels, the cloud's step ends
                Assert.Equal(0, loop.Pools.Running + loop.Pools.Waiting);
                await Task.Delay(TimeSpan.FromSeconds(5), time);
                Assert.Equal(before, calls);
                Assert.Equal(["client_write"], counted.Places);
                stop.Cancel();
            });
        }
    }

    [Fact]
    public void Metrics_AnswerFails_EachPlaceIsCountedByItsName()
    {
        using var metrics = new DeviceMetrics();
        using var counted = new CountedFailures(metrics);
        foreach (var place in Enum.GetValues<FailurePlace>()) metrics.Failed(place);
        Assert.Equal(
            ["cloud_connect", "cloud_first_token", "cloud_token", "refined_prompt", "device_prefill", "handover", "device_decode", "client_write"], counted.Places);
    }

    private static InProcessCloud Broken(CloudService loop, TimeProvider time, Exception error) =>
        new(loop, Scripted.OneWay, time) { Asked = () => throw error };

    private static TestEngine Failing(TimeProvider time, Func<bool> now) => new(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
    {
        Before = _ => now() ? throw new EngineException(EngineError.OutOfMemory, "no memory") : Task.CompletedTask,
    };

    private static void AssertAlone(AnswerRequest request, Scripted.Outcome outcome, FailurePlace place)
    {
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal(0, outcome.Usage.CloudTokens);
        Assert.Equal([place], outcome.Usage.Failures);
    }

    private static void AssertOneSourceAfterTheOther(Scripted.Outcome outcome)
    {
        var handover = outcome.Usage.HandoverIndex!.Value;
        Assert.All(outcome.Shown, token => Assert.Equal(token.Index < handover ? TokenSource.Cloud : TokenSource.Device, token.Source));
        Assert.Equal(Enumerable.Range(0, outcome.Shown.Count), outcome.Shown.Select(token => token.Index));
    }
}
