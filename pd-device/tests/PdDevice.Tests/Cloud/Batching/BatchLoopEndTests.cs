using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
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
        async (_, loop) =>
        {
            var outcome = await ReadAsync(loop.Admit(Request(prompt, 100)));
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
            async (_, loop) =>
            {
                Assist[] running = [loop.Admit(Request(10, 50)), loop.Admit(Request(12, 50))];
                var waiting = loop.Admit(Request(14, 50));
                foreach (var assist in running)
                {
                    var outcome = await ReadAsync(assist);
                    Assert.Equal((AssistEndReason.Error, "Failed"), (outcome.End.Reason, outcome.End.Message));
                    Assert.Equal(outcome.Tokens.Length, outcome.End.DecodedTokens);
                }

                Assert.Equal(Alone(Request(14, 50)).Tokens, (await ReadAsync(waiting)).Tokens);
                Assert.Equal(Alone(Request(10, 50)).Tokens, (await ReadAsync(loop.Admit(Request(10, 50)))).Tokens);
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
            async (_, loop) =>
            {
                var (good, bad) = (loop.Admit(Request(10, 50)), loop.Admit(Request(12, 50)));
                var outcome = await ReadAsync(bad);
                Assert.Equal(AssistEndReason.Error, outcome.End.Reason);
                Assert.Equal(Alone(Request(12, 50)).Tokens[..outcome.Tokens.Length], outcome.Tokens);
                Assert.Equal(Alone(Request(10, 50)).Tokens, (await ReadAsync(good)).Tokens);
                Assert.Equal(AssistEndReason.Lease, (await ReadAsync(loop.Admit(Request(5, 5)))).End.Reason);
            },
            engine,
            new CloudOptions { Slots = 2 });
    }

    [Fact]
    public void RunAsync_Cancelled_RunningAndWaitingEndAsPreemptedAndNoneIsAdmitted() => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var loop = new BatchLoop(new PacedEngine(new ScriptedEngine(), Rates, time), new CloudOptions { Slots = 1 }, Rates, time);
        var run = loop.RunAsync(stop.Token);
        var assists = Enumerable.Range(0, 3).Select(_ => loop.Admit(Request(10, 500))).ToArray();
        for (var i = 0; i < 4; i++) await ReadOneAsync(assists[0]);
        stop.Cancel();
        var late = loop.Admit(Request(10, 500)); // arrived, not yet received
        await run;
        foreach (var assist in assists.Append(late)) Assert.Equal(AssistEndReason.Preempted, (await ReadAsync(assist)).End.Reason);
        Assert.Equal(4, assists[0].End!.DecodedTokens);
        Assert.Equal(new AssistEnd(AssistEndReason.Preempted, 0, 0), assists[1].End);
        Assert.Equal("busy", Refused(loop, Request(10, 1)));
    });

    [Fact]
    public void RunAsync_Paced_OccupancyRunsFromTheSlotsStartToItsRelease() => Serve(
        async (time, loop) =>
        {
            var (first, second) = (loop.Admit(Request(100, 10)), loop.Admit(Request(50, 1)));
            Assert.InRange((await ReadAsync(first)).End.OccupancyMs, 189, 191); // 100 positions and 9 decode steps
            Assert.InRange((await ReadAsync(second)).End.OccupancyMs, 49, 51); // the time in the queue is not occupancy
            Assert.InRange(time.Elapsed.TotalMilliseconds, 239, 242);
        },
        new ScriptedEngine());
}
