using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Conversations;
using PdDevice.Device.Http;
using PdDevice.Device.Telemetry;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Conversations;

/// <summary>What the device does while nobody waits, and that every answer after it is that of an empty device.</summary>
public sealed class IdleCompletionTests
{
    private static readonly Gen<(AnswerRequest Request, bool Cloud, int IdleMs)> Turn =
        from conversation in Gen.Choose(0, 1)
        from length in Gen.Choose(1, 700)
        from tokens in Gen.Choose(1, 60)
        from cloud in Gen.Elements(true, true, false)
        from idle in Gen.Elements(0, 0, 200, 900, 10_000)
        select (Scripted.Request(1, tokens, 0.8) with { Prompt = Ids(conversation, length), KeepRatio = 0.4 }, cloud, idle);

    // Invariant 4 across turns: what was made from a refined prompt is never taken for the raw one, completed or not.
    [Fact]
    public void RunAsync_AnyTurnsRefinedOrNotWithAnyPauses_EveryRawAnswerIsThatOfAnEmptyDevice() =>
        Prop.ForAll(Turn.NonEmptyListOf().Resize(8).ToArbitrary(), Gen.Elements(0, 100_000).ToArbitrary(), (turns, bytes) => VirtualTime.Run(async time =>
        {
            using var device = new Setup(time, bytes);
            foreach (var (request, cloud, idle) in turns)
            {
                var outcome = await device.AskAsync(request, cloud);
                if (outcome.Usage.Refined is null) Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
                Assert.Equal(request.MaxTokens, outcome.Ids.Length);
                await Task.Delay(TimeSpan.FromMilliseconds(idle), time);
                await device.Idle.StopAsync(); // as a request that comes would
                device.Renew();
            }
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void RunAsync_AfterARefinedAnswer_TheNextTurnPrefillsOnlyWhatIsNew() => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        var first = Scripted.Request(1000, 100, 0) with { KeepRatio = 0.4 };
        var answer = await device.AskAsync(first, cloud: true);
        var raw = answer.Usage.Refined!.Raw;
        Assert.InRange(raw, 1, 200);
        await Task.Delay(TimeSpan.FromSeconds(20), time);
        Assert.Equal(first.Prompt.Length + 100 - raw, device.Completed);
        device.Prefilled = 0;
        var second = first with { Prompt = [.. first.Prompt, .. answer.Ids, 40, 41, 42], KeepRatio = null };
        Assert.Equal(Scripted.Alone(second).Ids, (await device.AskAsync(second, cloud: false)).Ids);
        Assert.Equal(3, device.Prefilled);
    });

    [Fact]
    public void RunAsync_NotCompletedYet_TheNextTurnKeepsTheRawPrefixAndWhatWasDone() => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        var first = Scripted.Request(1000, 100, 0) with { KeepRatio = 0.4 };
        var answer = await device.AskAsync(first, cloud: true);
        await Task.Delay(TimeSpan.FromSeconds(1), time); // 200 positions of about 1,000
        await device.Idle.StopAsync();
        Assert.InRange(device.Completed, 100, 200);
        device.Prefilled = 0;
        var second = first with { Prompt = [.. first.Prompt, .. answer.Ids, 40], KeepRatio = null };
        Assert.Equal(Scripted.Alone(second).Ids, (await device.AskAsync(second, cloud: false)).Ids);
        Assert.Equal(second.Prompt.Length - answer.Usage.Refined!.Raw - device.Completed, device.Prefilled);
    });

    [Fact]
    public void RunAsync_AnswerEndedInTheCloud_ItsTailIsIngestedToo() => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        var first = Scripted.Request(2000, 60, 0, lease: 60);
        var answer = await device.AskAsync(first, cloud: true);
        Assert.Equal(60, answer.Usage.CloudTokens);
        await Task.Delay(TimeSpan.FromSeconds(30), time);
        device.Prefilled = 0;
        var second = first with { Prompt = [.. first.Prompt, .. answer.Ids, 40], Lease = null };
        Assert.Equal(Scripted.Alone(second).Ids, (await device.AskAsync(second, cloud: false)).Ids);
        Assert.Equal(1, device.Prefilled);
    });

    [Theory]
    [InlineData(3, null)]
    [InlineData(40, null)]
    [InlineData(40, 0.4)]
    public void RunAsync_AnswerStoppedBeforeItsEnd_WhatWasShownIsIngestedAndNobodyFailed(int shown, double? keepRatio) => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        using var counted = device.Count();
        var first = Scripted.Request(2000, 60, 0, lease: 60) with { KeepRatio = keepRatio };
        var answer = await device.AskAsync(first, cloud: true, completeAt: shown);
        Assert.Equal((shown, FinishReason.Stop), (answer.Usage.CloudTokens, answer.Usage.Finish));
        Assert.Equal(keepRatio is not null, answer.Usage.Refined is not null);
        Assert.DoesNotContain("client_write", counted.Places);
        await Task.Delay(TimeSpan.FromSeconds(30), time);
        device.Prefilled = 0;
        var second = first with { Prompt = [.. first.Prompt, .. answer.Ids, 40], Lease = null, KeepRatio = null };
        Assert.Equal(Scripted.Alone(second).Ids, (await device.AskAsync(second, cloud: false)).Ids);
        Assert.Equal(1, device.Prefilled);
    });

    [Fact]
    public void RunAsync_NothingWorthIt_TheEngineIsLeftAlone() => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        await device.AskAsync(Scripted.Request(300, 20, 0), cloud: false); // all but its last token is ingested
        await Task.Delay(TimeSpan.FromSeconds(5), time);
        Assert.Equal(0, device.Completed);
    });

    [Fact]
    public void RunAsync_EngineFailsMeanwhile_NotTriedAgainAndTheNextAnswerIsRight() => VirtualTime.Run(async time =>
    {
        using var device = new Setup(time, 0);
        var first = Scripted.Request(1000, 100, 0) with { KeepRatio = 0.4 };
        var answer = await device.AskAsync(first, cloud: true);
        device.Fails = true;
        await Task.Delay(TimeSpan.FromSeconds(5), time);
        Assert.Equal(1, device.Failures);
        device.Fails = false;
        var second = first with { Prompt = [.. first.Prompt, .. answer.Ids, 40], KeepRatio = null };
        Assert.Equal(Scripted.Alone(second).Ids, (await device.AskAsync(second, cloud: false)).Ids);
    });

    [Fact]
    public async Task WaitTurnAsync_WhileItWorks_TheRequestGoesFirstAndTheRestIsLeft()
    {
        var rates = new EngineRates(100, 50); // ten seconds for a thousand positions, a quarter for a call
        var device = new DeviceRuntime(new PacedEngine(new ScriptedEngine(), rates, TimeProvider.System), rates, null, [], false, TimeProvider.System);
        device.Start();
        device.Held.Conclude(Ids(0, 1000), Ids(1, 10));
        await device.WaitTurnAsync(CancellationToken.None).WaitAsync(TestCloud.Patience);
        try
        {
            var request = Scripted.Request(1, 5, 0) with { Prompt = Ids(1, 20) };
            var shown = new List<int>();
            await foreach (var token in device.Create(AnswerWay.DeviceOnly, request).RunAsync(CancellationToken.None)) shown.Add(token.Id);
            Assert.Equal(Scripted.Alone(request).Ids, shown);
        }
        finally
        {
            device.Turn.Release();
        }

        await device.StopAsync().WaitAsync(TestCloud.Patience);
        Assert.Equal(1, device.Turn.CurrentCount);
    }

    [Fact]
    public async Task WaitTurnAsync_CallInFlight_NoOtherCallComesBeforeTheRequest()
    {
        var calls = 0;
        var engine = new TestEngine(new ScriptedEngine())
        {
            During = token =>
            {
                calls++;
                var end = new TaskCompletionSource(); // what follows runs at once, before Yield returns
                token.Register(() => end.TrySetCanceled(token));
                return end.Task;
            },
        };
        var device = new DeviceRuntime(engine, new EngineRates(1000, 50), null, [], false, TimeProvider.System);
        device.Start();
        device.Held.Conclude(Ids(0, 1000), Ids(1, 10));
        Assert.Equal(1, calls);
        await device.WaitTurnAsync(CancellationToken.None).WaitAsync(TestCloud.Patience);
        Assert.Equal(1, calls);
        var stopped = device.StopAsync(); // before the turn is free again
        device.Turn.Release();
        await stopped.WaitAsync(TestCloud.Patience);
    }

    [Theory]
    [InlineData(PowerHint.Normal, null, true)]
    [InlineData(PowerHint.Low, null, false)]
    [InlineData(PowerHint.Low, true, true)]
    [InlineData(PowerHint.Normal, false, false)]
    public async Task Start_PowerHintAndSetting_DecideWhetherItWorks(PowerHint power, bool? set, bool works)
    {
        var ingested = 0;
        var engine = new TestEngine(new ScriptedEngine()) { After = batch => ingested += batch.Count };
        var device = new DeviceRuntime(engine, new EngineRates(1000, 50), null, [], false, TimeProvider.System) { Policy = new AnswerPolicy { Power = power }, CompletesWhenIdle = set };
        device.Start();
        device.Held.Conclude(Ids(0, 500), Ids(1, 10)); // an engine that takes no time: done when this returns
        await device.StopAsync();
        Assert.Equal(works ? 510 : 0, ingested);
    }

    private static int[] Ids(int seed, int count) => [.. Enumerable.Range(0, count).Select(i => 32 + (((i * 7) + (seed * 13)) % 90))];

    /// <summary>A device of its own rates with a cloud that refines, in virtual time.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly VirtualTime _time;
        private readonly SemaphoreSlim _turn = new(1);
        private readonly DeviceMetrics _metrics = new();
        private readonly TestEngine _engine;
        private readonly PdDevice.Cloud.CloudService _cloud;
        private readonly HeldContext _held;
        private bool _answering;

        public Setup(VirtualTime time, long bytes)
        {
            _time = time;
            _engine = new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
            {
                Before = _ => Fails ? throw new EngineException(EngineError.Failed, $"the {++Failures}. time") : Task.CompletedTask,
                After = batch =>
                {
                    if (_answering) Prefilled += batch.Rows.Count(row => row.Kind == RowKind.Prefill);
                    else Completed += batch.Count;
                },
            };
            _cloud = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, _stop.Token);
            _held = new HeldContext(_engine, bytes);
            Idle = null!;
            Renew();
        }

        public IdleCompletion Idle { get; private set; }

        public int Prefilled { get; set; }

        public int Completed { get; private set; }

        public bool Fails { get; set; }

        public int Failures { get; private set; }

        public CountedFailures Count() => new(_metrics);

        public void Renew()
        {
            Idle = new IdleCompletion(_engine, _held, _turn, Scripted.DeviceRates.DeviceChunk, _metrics);
            _held.Concluded = Idle.Wake;
        }

        public async Task<Scripted.Outcome> AskAsync(AnswerRequest request, bool cloud, int? completeAt = null)
        {
            _answering = true;
            IAssistClient? client = cloud ? new RefiningCloud(new InProcessCloud(_cloud, Scripted.OneWay, _time)) : null;
            var answer = new Answer(_engine, Scripted.DeviceRates, client, request, _time, _held, Scripted.Shared(_time, null, _metrics));
            var shown = new List<ShownToken>();
            await foreach (var token in answer.RunAsync(CancellationToken.None))
            {
                shown.Add(token);
                _answering = shown.Count < request.MaxTokens;
                if (shown.Count != completeAt) continue;
                answer.Complete();
                _answering = false;
                break;
            }

            return new Scripted.Outcome([.. shown.Select(t => t.Id)], "", shown, answer.Usage!);
        }

        public void Dispose()
        {
            _stop.Cancel();
            _stop.Dispose();
            _turn.Dispose();
            _metrics.Dispose();
        }
    }
}
