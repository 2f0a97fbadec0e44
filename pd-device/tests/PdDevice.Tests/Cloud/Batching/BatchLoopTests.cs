using FsCheck;
using FsCheck.Fluent;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>The batch loop in virtual time, over an engine that shows every wrong, lost or doubled token.</summary>
public sealed class BatchLoopTests
{
    private static readonly Gen<AssistRequest> AnyRequest =
        from prompt in Gen.Choose(1, 300)
        from committed in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(1, 40)))
        from lease in Gen.Choose(1, 60)
        from temperature in Gen.Elements(0, 0.8)
        from ignoreEnd in ArbMap.Default.GeneratorFor<bool>()
        from seed in Gen.Choose(0, 1000)
        select Request(prompt, lease, temperature, ignoreEnd, seed) with { Committed = Ids(committed, seed) };

    private static readonly Config Few = Config.QuickThrowOnFailure.WithMaxTest(30);

    // Invariant 6: the cloud never decodes past the lease. Invariant 4: tokens do not depend on who else is served.
    [Fact]
    public void RunAsync_SeveralAtOnce_SameTokensAsAloneAndInvariant6NoTokenPastTheLease() =>
        Prop.ForAll(AnyRequest.NonEmptyListOf().Resize(10).ToArbitrary(), Gen.Choose(1, 4).ToArbitrary(), Gen.Choose(1, 200).ToArbitrary(), (requests, slots, chunk) =>
        {
            var drawn = 0;
            var engine = new TestEngine(new ScriptedEngine(4)) { After = batch => drawn += batch.Rows.Count(row => row.WantLogits) };
            Serve(
                async (_, cloud) =>
                {
                    var outcomes = await Task.WhenAll(requests.Select(r => cloud.Assist(r, "")).ToArray().Select(ReadAsync));
                    foreach (var (request, outcome) in requests.Zip(outcomes))
                    {
                        var alone = Alone(request);
                        Assert.Equal(alone.Tokens, outcome.Tokens);
                        Assert.Equal(alone.End.Reason, outcome.End.Reason);
                        Assert.InRange(outcome.Tokens.Length, 1, request.Lease);
                        Assert.Equal(outcome.Tokens.Length, outcome.End.Decoded);
                        Assert.Equal(outcome.Tokens.Length == request.Lease || outcome.Tokens[^1].Id == ScriptedTokenizer.End, outcome.End.Reason is AssistEndReason.Lease or AssistEndReason.Stop);
                    }

                    Assert.Equal(outcomes.Sum(o => o.Tokens.Length), drawn);
                },
                engine,
                new CloudOptions { Slots = slots, PrefillChunk = chunk });
        }).Check(Few);

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void RunAsync_ContinuationAtEveryIndex_GoesOnExactly(double temperature)
    {
        const int lease = 80;
        var request = Request(50, lease, temperature);
        var whole = Alone(request).Tokens;
        Assert.Equal(lease, whole.Length);
        Serve(async (_, cloud) =>
        {
            for (var split = 0; split <= 64; split++)
            {
                var rest = await ReadAsync(cloud.Assist(request with { Committed = [.. whole[..split].Select(t => t.Id)], Lease = lease - split }, ""));
                Assert.Equal(whole[split..], rest.Tokens);
            }
        });
    }

    // Invariant 6: after the device lets go the cloud decodes only what one step costs.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    public void RunAsync_ReleasedAfterSomeTokens_Invariant6SlotIsFreeWithinOneTurn(int after)
    {
        var calls = 0;
        var engine = new TestEngine(new ScriptedEngine()) { After = _ => calls++ };
        Serve(
            async (time, cloud) =>
            {
                var assist = cloud.Assist(Request(10, 1000), "");
                var next = cloud.Assist(Request(10, 3), "");
                for (var i = 0; i < after; i++) await ReadOneAsync(assist);
                assist.Release();
                var before = calls;
                var rest = await ReadAsync(assist);
                Assert.InRange(calls - before, 0, 1);
                Assert.Equal(AssistEndReason.Released, rest.End.Reason);
                Assert.Equal(after + rest.Tokens.Length, rest.End.Decoded);
                Assert.InRange(rest.Tokens.Length, 0, 1);
                Assert.Same(rest.End, assist.End);
                Assert.True(assist.Ended.IsCompletedSuccessfully);
                Assert.Equal(AssistEndReason.Lease, (await ReadAsync(next)).End.Reason);
                Assert.Same(assist.End, cloud.Book.Ended(assist.Id, "")!.End);
                assist.Release(); // harmless
            },
            engine);
    }

    [Fact]
    public void RunAsync_ReleasedWhileWaitingBehindOthers_EndsAtOnceAndFreesItsPlace() => Serve(
        async (_, cloud) =>
        {
            var running = cloud.Assist(Request(10, 500), "");
            await ReadOneAsync(running);
            var first = cloud.Assist(Request(10, 5), "");
            var second = cloud.Assist(Request(10, 5), "");
            Assert.Equal("busy", Refused(cloud, Request(10, 1)));
            second.Release();
            Assert.Equal(new GenerationEnd(AssistEndReason.Released, 0, TimeSpan.Zero), (await ReadAsync(second)).End);
            Assert.False(running.Ended.IsCompleted || first.Ended.IsCompleted);
            Assert.Equal(AssistEndReason.Lease, (await ReadAsync(cloud.Assist(Request(10, 1), ""))).End.Reason);
        },
        new ScriptedEngine(),
        new CloudOptions { Slots = 1, QueueLength = 2 });

    [Theory]
    [InlineData(2, 4, 3)]
    [InlineData(4, 2, 3)] // more slots than the engine has sequences: these do not exist
    [InlineData(1, 1, 0)]
    public void Admit_SlotsAndQueueFull_IsBusyUntilOneEnds(int slots, int sequences, int queue) => Serve(
        async (_, cloud) =>
        {
            var places = Math.Min(slots, sequences) + queue;
            var admitted = Enumerable.Range(0, places).Select(_ => cloud.Assist(Request(20, 30), "")).ToArray();
            Assert.Equal("busy", Refused(cloud, Request(1, 1)));
            await ReadAsync(admitted[0]);
            Assert.Equal(AssistEndReason.Lease, (await ReadAsync(cloud.Assist(Request(20, 1), ""))).End.Reason);
            foreach (var assist in admitted[1..]) Assert.Equal(AssistEndReason.Lease, (await ReadAsync(assist)).End.Reason);
        },
        new ScriptedEngine(sequences),
        new CloudOptions { Slots = slots, QueueLength = queue });

    [Fact]
    public void Admit_RuleBroken_IsRefusedAndTakesNoPlace() => Serve(
        async (_, cloud) =>
        {
            for (var i = 0; i < 10; i++) Assert.Equal("bad_lease", Refused(cloud, Request(10, 0)));
            Assert.Equal("context_exceeded", Refused(cloud, Request(5000, 1)));
            Assert.Single((await ReadAsync(cloud.Assist(Request(10, 1), ""))).Tokens);
        },
        options: new CloudOptions { Slots = 1, QueueLength = 0 });

    [Fact]
    public void Identity_AfterSlowFirstTokens_StatesARateThatFollows() => Serve(async (_, cloud) =>
    {
        Assert.Equal(Rates.PrefillTokensPerSecond, cloud.Identity.PrefillTokensPerSecond);
        for (var i = 0; i < 30; i++) await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReadAsync(cloud.Assist(Request(150, 1), ""))));

        // Four prompts share the engine, so a first token waits for those before it: at worst a quarter of the rate.
        Assert.InRange(cloud.Identity.PrefillTokensPerSecond, 240, 600);
        Assert.Equal(Rates.DecodeTokensPerSecond, cloud.Identity.DecodeTokensPerSecond);
    });

    [Fact]
    public void Identity_AfterShortPrompts_StatesTheSameRate() => Serve(async (_, cloud) =>
    {
        // A call's fixed cost, spread over three tokens, would make the cloud look too slow to be asked ever again.
        for (var i = 0; i < 10; i++) await ReadAsync(cloud.Assist(Request(3, 1), ""));
        Assert.Equal(Rates.PrefillTokensPerSecond, cloud.Identity.PrefillTokensPerSecond);
    });
}
