using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

/// <summary>When an answer turns to the cloud, in virtual time: modes, target, power, quota, breaker.</summary>
public sealed class CloudModeTests
{
    private const int Prompt = 400; // two seconds of prefill on the device
    private const int Short = 60; // 300 ms

    [Theory]
    [InlineData(CloudMode.Auto, CloudMode.Off, 0)]
    [InlineData(CloudMode.Required, CloudMode.Off, 0)]
    [InlineData(CloudMode.Off, null, 0)]
    [InlineData(CloudMode.Off, CloudMode.Auto, 0)] // off is off for all
    [InlineData(CloudMode.Off, CloudMode.Required, -1)]
    [InlineData(CloudMode.Auto, null, 1)]
    [InlineData(CloudMode.Auto, CloudMode.Required, 1)]
    public void RunAsync_Invariant7_DeviceAndRequestMode_DecideWhetherAnythingLeaves(CloudMode device, CloudMode? request, int assists)
    {
        var asked = 0;
        var outcome = Scripted.Together(
            Scripted.Request(Prompt, 50, 0) with { Mode = request }, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time) { Asked = () => asked++ },
            policy: new AnswerPolicy { Mode = device });
        Assert.Equal(Math.Max(0, assists), outcome.Usage.Assists);
        Assert.Equal(assists > 0, asked > 0);
        Assert.Equal(assists > 0, outcome.Usage.BytesLeft > 0);
    }

    [Theory]
    [InlineData(1000, PowerHint.Normal, false)]
    [InlineData(300, PowerHint.Normal, false)]
    [InlineData(299, PowerHint.Normal, true)]
    [InlineData(0, PowerHint.Normal, true)]
    [InlineData(1000, PowerHint.Low, true)]
    public void RunAsync_DeviceAloneWithinTheTarget_NotEvenGreeted(int targetMs, PowerHint power, bool greeted)
    {
        var asked = 0;
        var outcome = Scripted.Together(
            Scripted.Request(Short, 50, 0), (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time) { Asked = () => asked++ },
            policy: new AnswerPolicy { TargetTtft = TimeSpan.FromMilliseconds(targetMs), Power = power });
        Assert.Equal(greeted, asked > 0);
        if (greeted) return;
        Assert.False(outcome.Usage.Plan!.UseCloud);
        Assert.Contains("within the target", outcome.Usage.Plan.Reason);
    }

    [Fact]
    public void RunAsync_HeldConversationBringsTheDeviceWithinTheTarget_NotAsked() => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token);
        var client = new InProcessCloud(loop, Scripted.OneWay, time);
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        var held = new PdDevice.Device.Conversations.HeldContext(engine, 0);
        var shared = Scripted.Shared(time);
        foreach (var (tokens, assists) in new[] { (Prompt, 1), (Prompt + 30, 0) })
        {
            var answer = new Answer(engine, Scripted.DeviceRates, client, Scripted.Request(tokens, 100, 0), time, held, shared);
            await foreach (var _ in answer.RunAsync(CancellationToken.None))
            {
            }

            Assert.Equal(assists, answer.Usage!.Assists);
        }

        stop.Cancel();
    });

    [Theory]
    [InlineData("unreachable")]
    [InlineData("silent")]
    [InlineData("refused")]
    [InlineData("lost")]
    [InlineData("none")]
    public void RunAsync_RequiredAndTheCloudCannotBeUsed_NamedErrorBeforeAnyToken(string trouble) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token);
        var asked = 0;
        var client = trouble == "none" ? null : new InProcessCloud(loop, Scripted.OneWay, time)
        {
            SilentAfter = trouble == "silent" ? 0 : int.MaxValue,
            Silence = TimeSpan.FromHours(1),
            LoseAfter = trouble == "lost" ? 0 : int.MaxValue,
            Asked = () =>
            {
                asked++;
                if (trouble == "unreachable") throw new HttpRequestException(HttpRequestError.ConnectionError, "no");
                if (trouble == "refused" && asked == 2) throw new CloudRefusedException(new WireError("busy", "Busy."), 503, TimeSpan.FromSeconds(3));
            },
        };
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        var request = Scripted.Request(Prompt, 50, 0) with { Mode = CloudMode.Required };
        var shown = 0;
        var error = await Assert.ThrowsAsync<AnswerException>(async () =>
        {
            await foreach (var _ in new Answer(engine, Scripted.DeviceRates, client, request, time).RunAsync(CancellationToken.None)) shown++;
        });
        Assert.Equal((AnswerError.CloudUnavailable, 0), (error.Error, shown));
        stop.Cancel();
    });

    [Fact]
    public void RunAsync_RequiredAndTheDeviceIsFirst_FirstTokenIsStillTheCloudsAndTheTextTheSame()
    {
        var request = Scripted.Request(Short, 50, 0.8) with { Mode = CloudMode.Required };
        var outcome = Scripted.Together(request, oneWay: TimeSpan.FromMilliseconds(400));
        Assert.Equal(TokenSource.Cloud, outcome.Shown[0].Source);
        Assert.Equal(TokenSource.Device, outcome.Shown[^1].Source);
        Assert.Equal(Scripted.Alone(request with { Mode = null }).Ids, outcome.Ids);
    }

    [Fact]
    public void RunAsync_QuotaUsedUp_NotAskedUntilTheCloudSaid() => VirtualTime.Run(async time =>
    {
        var asked = 0;
        await ManyAsync(time, 4, TimeSpan.FromSeconds(10), () =>
        {
            asked++;
            throw new CloudRefusedException(new WireError("rate_limited", "Quota."), 429, TimeSpan.FromSeconds(30));
        }, (i, usage) =>
        {
            // An answer takes 2 s and half of one for its tokens: 0, 12.25, 24.5, 36.75 s.
            Assert.Equal(i == 3 ? 2 : 1, asked);
            if (i is 1 or 2) Assert.Contains("not to be asked", usage.CloudTrouble);
        });
    });

    [Fact]
    public void RunAsync_CloudSick_BreakerOpensAnswersDoNotTurnToItThenOneProbes() => VirtualTime.Run(async time =>
    {
        var asked = 0;
        await ManyAsync(time, 12, TimeSpan.FromSeconds(1), () =>
        {
            asked++;
            throw new HttpRequestException(HttpRequestError.ConnectionError, "no");
        }, (i, usage) =>
        {
            // An answer every 3.25 s: three fail, then 15 s of rest, one probe, 15 s of rest.
            Assert.Equal(i < 3 ? i + 1 : i < 7 ? 3 : 4, asked);
            Assert.Equal(i < 3 || i == 7 ? [FailurePlace.CloudConnect] : [], usage.Failures);
            if (i == 4) Assert.Contains("left alone", usage.CloudTrouble);
        });
    });

    private static async Task ManyAsync(VirtualTime time, int count, TimeSpan rest, Action asked, Action<int, AnswerUsage> check)
    {
        using var stop = new CancellationTokenSource();
        var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token);
        var client = new InProcessCloud(loop, Scripted.OneWay, time) { Asked = asked };
        var shared = Scripted.Shared(time);
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        var request = Scripted.Request(Prompt, 6, 0.8);
        for (var i = 0; i < count; i++)
        {
            var outcome = await Scripted.RunAsync(engine, client, request, time, shared);
            Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
            check(i, outcome.Usage);
            await Task.Delay(rest, time);
        }

        stop.Cancel();
    }
}
