using PdDevice.Cloud;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

/// <summary>One answer's life on the scripted engine in virtual time.</summary>
public sealed class AnswerTests
{
    private const int Prompt = 400; // two seconds of prefill on the device
    private const int MaxTokens = 200;

    [Fact]
    public void RunAsync_PlannedLease_FirstTokenFromCloudAndNoStallAtHandover()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0);
        var alone = Scripted.Alone(request);
        var outcome = Scripted.Together(request);
        Assert.Equal(alone.Text, outcome.Text);
        Assert.Equal(TokenSource.Cloud, outcome.Shown[0].Source);
        Assert.Equal(TokenSource.Device, outcome.Shown[^1].Source);
        Assert.Equal(1, outcome.Usage.Assists);
        Assert.Equal(0, outcome.Usage.CloudTokensUnused);
        Assert.Equal(MaxTokens, outcome.Usage.CloudTokens + outcome.Usage.DeviceTokens);
        var period = Scripted.DeviceRates.DecodeStep;
        Assert.All(Gaps(outcome), gap => Assert.InRange(gap, period * 0.5, period * 1.01));
    }

    [Fact]
    public void RunAsync_Invariant6_LeaseOf256AndSlowCloud_DecodesOnlyWhatOneRoundTripAndOneStepCost()
    {
        foreach (var rate in new[] { 5.0, 10, 20, 40 })
            foreach (var oneWayMs in new[] { 0, 10, 40, 150 })
            {
                var oneWay = TimeSpan.FromMilliseconds(oneWayMs);
                var outcome = Scripted.Together(
                    Scripted.Request(Prompt, 300, 0, lease: 256), cloudRates: new EngineRates(4000, rate), oneWay: oneWay);
                var decoded = outcome.Usage.CloudTokens + outcome.Usage.CloudTokensUnused;
                var inFlight = (int)Math.Ceiling(2 * oneWay.TotalSeconds * rate);
                Assert.InRange(outcome.Usage.HandoverIndex!.Value, 1, 255);
                Assert.InRange(decoded, outcome.Usage.HandoverIndex.Value, outcome.Usage.HandoverIndex.Value + inFlight + 1);
            }
    }

    [Fact]
    public void RunAsync_Invariant5_CloudLostBeforeFirstToken_CompletesAsDeviceOnly()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var alone = Scripted.Alone(request);
        var outcome = Scripted.Together(request, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time) { LoseAfter = 0 });
        Assert.Equal(alone.Text, outcome.Text);
        Assert.Equal(0, outcome.Usage.HandoverIndex);
        Assert.Equal(MaxTokens, outcome.Usage.DeviceTokens);
        Assert.Contains("broke", outcome.Usage.CloudTrouble);
    }

    [Fact]
    public void RunAsync_TokenizersDiffer_RefusedNamingBothAndDeviceGoesOnAlone()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0);
        var alone = Scripted.Alone(request);
        var outcome = Scripted.Together(request, device: (_, time) => new PacedEngine(new ScriptedEngine(variant: "other"), Scripted.DeviceRates, time));
        Assert.Equal(alone.Text, outcome.Text);
        Assert.Equal(0, outcome.Usage.Assists);
        Assert.Contains("other", outcome.Usage.CloudTrouble);
        Assert.Contains("scripted", outcome.Usage.CloudTrouble);
    }

    [Fact]
    public void RunAsync_ShortPrompt_AsksNoCloud()
    {
        var outcome = Scripted.Together(Scripted.Request(20, 30, 0));
        Assert.Equal(0, outcome.Usage.Assists);
        Assert.Equal(30, outcome.Usage.DeviceTokens);
        Assert.False(outcome.Usage.Plan!.UseCloud);
    }

    [Fact]
    public void RunAsync_LeaseTooShortBecauseDeviceIsSlowerThanPlanned_ContinuationBridgesTheGap()
    {
        // The device turns out half as fast as its rates say from the middle of its prefill on.
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var alone = Scripted.Alone(request);
        var outcome = Scripted.Together(request, device: (_, time) => new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
        {
            Before = batch => batch.Rows[0].Position is > Prompt / 2 and < Prompt
                ? Task.Delay(Scripted.DeviceRates.Prefill(batch.Count), time)
                : Task.CompletedTask,
        });
        Assert.Equal(alone.Text, outcome.Text);
        Assert.InRange(outcome.Usage.Assists, 2, 4);
        Assert.Equal(Enumerable.Range(0, MaxTokens), outcome.Shown.Select(t => t.Index));
        Assert.All(Gaps(outcome), gap => Assert.InRange(gap, TimeSpan.Zero, Scripted.DeviceRates.DecodeStep * 1.5));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(256)]
    public void RunAsync_CloudMakesOnlySoManyTokensOfAnAnswer_IsNeverAskedBeyondAndTheDeviceGoesOn(int? lease)
    {
        // A device that turns out far slower than planned would ask for one continuation after the other.
        const int total = 60;
        InProcessCloud? asked = null;
        var request = Scripted.Request(Prompt, MaxTokens, 0.8, lease);
        var outcome = Scripted.Together(request, options: new CloudOptions { MaxTotal = total },
            cloud: (loop, time) => asked = new InProcessCloud(loop, Scripted.OneWay, time),
            device: (_, time) => new PacedEngine(new ScriptedEngine(), new EngineRates(60, 20), time));
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.All(asked!.Requests, assist => Assert.InRange(assist.Committed.Length + assist.Lease, 1, total));
        Assert.Equal(total, asked.Requests.Max(assist => assist.Committed.Length + assist.Lease)); // the limit was what bound it
        Assert.Equal(total, outcome.Usage.CloudTokens);
        Assert.Null(outcome.Usage.CloudTrouble);
    }

    [Fact]
    public void RunAsync_CloudWouldComeTooLate_SaysSoAtOnceAndTheDeviceGoesOnAlone()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var outcome = Scripted.Together(request, (loop, time) =>
        {
            // Another's work is ahead for longer than this device needs for its prompt.
            for (var i = 0; i < 4; i++) loop.Assist(Cloud.Batching.Batches.Request(Prompt, 1000, seed: i), "other");
            return new InProcessCloud(loop, Scripted.OneWay, time);
        });
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Equal((0, 1), (outcome.Usage.CloudTokens, outcome.Usage.Assists));
        Assert.Contains("go on alone", outcome.Usage.CloudTrouble);
    }

    public static TheoryData<PeerFault> Faults => [.. Enum.GetValues<PeerFault>().Where(f => f != PeerFault.None && f != PeerFault.AfterEndOfGeneration)];

    [Theory]
    [MemberData(nameof(Faults))]
    public void RunAsync_Invariant10_PeerBreaksARule_PeerDroppedAndTextIntact(PeerFault fault)
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0);
        var alone = Scripted.Alone(request);
        for (var at = 0; at < 20; at++)
        {
            var victim = at;
            var outcome = Scripted.Together(request, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time)
            {
                Tamper = token => token.Index != victim ? [token] : fault switch
                {
                    PeerFault.IdOutOfRange => [token with { Id = victim % 2 == 0 ? -1 : 1_000_000 }],
                    PeerFault.ControlToken => [token with { Id = ScriptedTokenizer.Open }],
                    PeerFault.IndexGap => [token with { Index = token.Index + 1 }],
                    PeerFault.IndexRepeated => [token, token],
                    _ => [token, .. Enumerable.Range(1, 1000).Select(i => new AssistToken(token.Index + i, 65))],
                },
            });
            if (fault != PeerFault.BeyondLease) Assert.Equal(alone.Text, outcome.Text);
            Assert.Contains($"{fault}", outcome.Usage.CloudTrouble);
            Assert.Equal(Enumerable.Range(0, MaxTokens), outcome.Shown.Select(t => t.Index));
        }
    }

    [Fact]
    public void RunAsync_DeviceEngineFailsAlone_NamedErrorAfterIntactPrefix()
    {
        var request = Scripted.Request(40, 100, 0);
        var alone = Scripted.Alone(request);
        var shown = new List<ShownToken>();
        var calls = 0;
        VirtualTime.Run(async time =>
        {
            var engine = new TestEngine(new ScriptedEngine())
            {
                Before = _ => ++calls > 30 ? throw new EngineException(EngineError.Failed, "out of luck") : Task.CompletedTask,
            };
            var answer = new Answer(engine, Scripted.DeviceRates, null, request, time);
            var error = await Assert.ThrowsAsync<AnswerException>(async () =>
            {
                await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);
            });
            Assert.Equal(AnswerError.DeviceFailed, error.Error);
            Assert.Null(answer.Usage);
        });
        Assert.NotEmpty(shown);
        Assert.Equal(alone.Ids[..shown.Count], shown.Select(t => t.Id));
    }

    [Theory]
    [InlineData(0, AnswerError.EmptyPrompt)]
    [InlineData(4096, AnswerError.PromptTooLong)]
    [InlineData(5000, AnswerError.PromptTooLong)]
    public void Answer_Invariant5_PromptImpossible_RefusedBeforeAnything(int promptTokens, AnswerError expected)
    {
        var error = Assert.Throws<AnswerException>(() =>
            new Answer(new ScriptedEngine(), Scripted.DeviceRates, null, Scripted.Request(promptTokens, 10, 0), TimeProvider.System));
        Assert.Equal(expected, error.Error);
    }

    [Fact]
    public void RunAsync_AbandonedByItsReaderAnywhere_EngineIsFreeForTheNext()
    {
        for (var leaveAfter = 0; leaveAfter < 60; leaveAfter++)
        {
            var limit = leaveAfter;
            VirtualTime.Run(async time =>
            {
                using var stop = new CancellationTokenSource();
                var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token);
                var client = new InProcessCloud(loop, Scripted.OneWay, time);
                var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
                var request = Scripted.Request(Prompt, 100, 0);
                var answer = new Answer(engine, Scripted.DeviceRates, client, request, time);
                var seen = 0;
                await foreach (var _ in answer.RunAsync(CancellationToken.None))
                    if (seen++ == limit)
                        break;
                var second = await Scripted.RunAsync(engine, client, request, time);
                Assert.Equal(Scripted.Alone(request).Text, second.Text);
                stop.Cancel();
            });
        }
    }

    [Fact]
    public void RunAsync_Invariant7_NoCloud_NothingLeavesAndUsageSaysSo()
    {
        var outcome = Scripted.Alone(Scripted.Request(Prompt, 50, 0));
        Assert.Equal(0, outcome.Usage.BytesLeft);
        Assert.Equal(0, outcome.Usage.CloudTokens);
        Assert.All(outcome.Shown, token => Assert.Equal(TokenSource.Device, token.Source));
    }

    [Fact]
    public void RunAsync_Invariant3_AfterTheFirstDeviceToken_NoCloudTokenFollows()
    {
        var outcome = Scripted.Together(Scripted.Request(Prompt, 300, 0, lease: 256), cloudRates: new EngineRates(4000, 15));
        var handover = outcome.Usage.HandoverIndex!.Value;
        Assert.All(outcome.Shown, token => Assert.Equal(token.Index < handover ? TokenSource.Cloud : TokenSource.Device, token.Source));
    }

    private static IEnumerable<TimeSpan> Gaps(Scripted.Outcome outcome) =>
        outcome.Shown.Zip(outcome.Shown.Skip(1), (a, b) => b.At - a.At);
}
