using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>How assists end and what a loop does then, in virtual time.</summary>
public sealed class BatchLoopEndTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(31)]
    public void RunAsync_ContextFull_EndsAsLengthWithTheSameTokens(int prompt) => Serve(
        async (_, cloud) =>
        {
            var outcome = await ReadAsync(cloud.Assist(Request(prompt, 100), ""));
            Assert.Equal(AssistEndReason.Length, outcome.End.Reason);
            Assert.Equal(32 - prompt, outcome.Tokens.Length); // prompt and answer together fill the context
            Assert.Equal(Alone(Request(prompt, 100)).Tokens[..outcome.Tokens.Length], outcome.Tokens);
        },
        new ScriptedEngine(2, 32));

    [Fact]
    public void RunAsync_EndOfGeneration_EndsAsStopAfterThatToken()
    {
        var stops = 0;
        for (var prompt = 1; prompt <= 40; prompt++)
        {
            var outcome = Alone(Request(prompt, 400, 0.8, ignoreEnd: false));
            var end = Array.FindIndex(outcome.Tokens, t => t.Id == ScriptedTokenizer.End);
            Assert.Equal(end >= 0 ? AssistEndReason.Stop : AssistEndReason.Lease, outcome.End.Reason);
            if (end < 0) continue;
            Assert.Equal(outcome.Tokens.Length - 1, end);
            stops++;
        }

        Assert.InRange(stops, 1, 40);
    }

    [Fact]
    public void RunAsync_EngineFailsOnce_RunningOnesEndWithErrorAndServingGoesOn()
    {
        var calls = 0;
        var engine = new TestEngine(new ScriptedEngine(2))
        {
            Before = _ => ++calls == 5 ? throw new EngineException(EngineError.Failed, "the driver is gone") : Task.CompletedTask,
        };
        Serve(
            async (_, cloud) =>
            {
                Generation[] running = [cloud.Assist(Request(10, 50), ""), cloud.Assist(Request(12, 50), "")];
                var waiting = cloud.Assist(Request(14, 50), "");
                foreach (var assist in running)
                {
                    var outcome = await ReadAsync(assist);
                    Assert.Equal((AssistEndReason.Error, "Failed"), (outcome.End.Reason, outcome.End.Message));
                    Assert.Equal(outcome.Tokens.Length, outcome.End.Decoded);
                }

                Assert.Equal(Alone(Request(14, 50)).Tokens, (await ReadAsync(waiting)).Tokens);
                Assert.Equal(Alone(Request(10, 50)).Tokens, (await ReadAsync(cloud.Assist(Request(10, 50), ""))).Tokens);
            },
            engine,
            new CloudOptions { Slots = 2 });
    }

    [Fact]
    public void RunAsync_LogitsOfOneAssistUnusable_ItEndsWithErrorAndTheOthersGoOn()
    {
        var engine = new TestEngine(new ScriptedEngine(2))
        {
            After = batch =>
            {
                for (var i = 0; i < batch.Count; i++)
                    if (batch.Rows[i] is { WantLogits: true, Sequence: 1, Position: > 20 }) batch.LogitsBuffer(i, Alike.Tokenizer.VocabularySize).Fill(float.NaN);
            },
        };
        Serve(
            async (_, cloud) =>
            {
                var (good, bad) = (cloud.Assist(Request(10, 50), ""), cloud.Assist(Request(12, 50), ""));
                var outcome = await ReadAsync(bad);
                Assert.Equal(AssistEndReason.Error, outcome.End.Reason);
                Assert.Equal(Alone(Request(12, 50)).Tokens[..outcome.Tokens.Length], outcome.Tokens);
                Assert.Equal(Alone(Request(10, 50)).Tokens, (await ReadAsync(good)).Tokens);
                Assert.Equal(AssistEndReason.Lease, (await ReadAsync(cloud.Assist(Request(5, 5), ""))).End.Reason);
            },
            engine,
            new CloudOptions { Slots = 2 });
    }

    [Fact]
    public void RunAsync_Cancelled_WhatRunsWaitsOrComesLaterEndsAsPreempted() => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var options = new CloudOptions { Slots = 1 };
        using var metrics = new CloudMetrics();
        var pools = new EnginePools(options, new PacedEngine(new ScriptedEngine(), Rates, time), prefill: null, Rates, metrics, time);
        var cloud = new CloudService(pools, Rates, options, metrics);
        var run = pools.RunAsync(stop.Token);
        var assists = Enumerable.Range(0, 3).Select(_ => cloud.Assist(Request(10, 500), "")).ToArray();
        for (var i = 0; i < 4; i++) await ReadOneAsync(assists[0]);
        stop.Cancel();
        var late = cloud.Assist(Request(10, 500), ""); // arrived, not yet received
        await run;
        foreach (var assist in assists.Append(late)) Assert.Equal(AssistEndReason.Preempted, (await ReadAsync(assist)).End.Reason);
        Assert.Equal(4, assists[0].End!.Decoded);
        Assert.Equal(new GenerationEnd(AssistEndReason.Preempted, 0, TimeSpan.Zero), assists[1].End);
        Assert.Equal(AssistEndReason.Preempted, (await ReadAsync(cloud.Assist(Request(10, 1), ""))).End.Reason);
    });

    [Fact]
    public void RunAsync_Paced_OccupancyRunsFromTheSlotsStartToItsRelease() => Serve(
        async (time, cloud) =>
        {
            var (first, second) = (cloud.Assist(Request(100, 10), ""), cloud.Assist(Request(50, 1), ""));
            Assert.InRange((await ReadAsync(first)).End.Occupancy.TotalMilliseconds, 189, 191); // 100 positions and 9 decode steps
            Assert.InRange((await ReadAsync(second)).End.Occupancy.TotalMilliseconds, 49, 51); // the time in the queue is not occupancy
            Assert.InRange(time.Elapsed.TotalMilliseconds, 239, 242);
        },
        new ScriptedEngine(),
        new CloudOptions { PrefixBytes = 0 });
}
