using FsCheck;
using FsCheck.Fluent;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>A prefill pool and a decode pool, in virtual time.</summary>
public sealed class EnginePoolsTests
{
    private static readonly CloudOptions Apart = new() { Slots = 3, PrefillSlots = 2 };

    private static readonly Gen<AssistRequest> AnyRequest =
        from prompt in Gen.Choose(1, 300)
        from committed in Gen.Elements(0, 0, 9)
        from lease in Gen.Choose(1, 60)
        from temperature in Gen.Elements(0, 0.8)
        from seed in Gen.Choose(0, 5)
        from ignoreEnd in ArbMap.Default.GeneratorFor<bool>()
        select Request(prompt, lease, temperature, ignoreEnd, seed) with { Committed = Ids(committed, seed) };

    [Fact]
    public void RunAsync_Disaggregated_SameTokensAndEndsAsAlone() =>
        Prop.ForAll(AnyRequest.NonEmptyListOf().Resize(12).ToArbitrary(), requests =>
            Serve(
                async (_, cloud) =>
                {
                    var outcomes = await Task.WhenAll(requests.Select(r => cloud.Assist(r, "")).ToArray().Select(ReadAsync));
                    foreach (var (request, outcome) in requests.Zip(outcomes))
                    {
                        var alone = Alone(request);
                        Assert.Equal(alone.Tokens, outcome.Tokens);
                        Assert.Equal(alone.End.Reason, outcome.End.Reason);
                    }

                    Assert.Equal((0, 0), (cloud.Pools.Running, cloud.Pools.Waiting));
                },
                new ScriptedEngine(3),
                Apart,
                new ScriptedEngine(2))).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void RunAsync_Disaggregated_EachPoolDoesOnlyItsOwnWork()
    {
        var (inPrefill, inDecode) = (new List<RowKind>(), new List<RowKind>());
        Serve(
            async (_, cloud) => await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ReadAsync(cloud.Assist(Request(100 + i, 30, seed: i), "")))),
            new TestEngine(new ScriptedEngine(3)) { After = batch => inDecode.AddRange(batch.Rows.Select(r => r.Kind)) },
            Apart,
            new TestEngine(new ScriptedEngine(2)) { After = batch => inPrefill.AddRange(batch.Rows.Select(r => r.Kind)) });
        Assert.Equal(615, inPrefill.Count);
        Assert.DoesNotContain(RowKind.Decode, inPrefill);
        Assert.Equal(6 * 29, inDecode.Count);
        Assert.DoesNotContain(RowKind.Prefill, inDecode);
    }

    [Fact]
    public void RunAsync_DecodePoolFull_NoMoreStatesWaitThanItHasSlots()
    {
        var most = 0;
        Serve(
            async (time, cloud) =>
            {
                var reads = Enumerable.Range(0, 12).Select(i => ReadAsync(cloud.Assist(Request(40, 200, seed: i), ""))).ToArray();
                var all = Task.WhenAll(reads);
                while (!all.IsCompleted)
                {
                    most = Math.Max(most, cloud.Book.All.Count(g => g.Times.FirstToken is not null && g.Slot < 0));
                    await Task.Delay(TimeSpan.FromMilliseconds(1), time);
                }

                await all;
            },
            new ScriptedEngine(3),
            Apart with { Slots = 2 },
            new ScriptedEngine(2));
        Assert.InRange(most, 1, 2);
    }

    // Let go of before, in and after the prefill, between the pools and while decoding: the slot is free, the rest goes on.
    [Fact]
    public void RunAsync_ReleasedAtAnyMoment_EndsAndTheOthersGoOn()
    {
        for (var afterMs = 0; afterMs < 400; afterMs += 7)
        {
            Serve(
                async (time, cloud) =>
                {
                    var others = Enumerable.Range(0, 3).Select(i => ReadAsync(cloud.Assist(Request(60, 20, seed: i), ""))).ToArray();
                    var let = cloud.Assist(Request(90, 200, seed: 9), "");
                    await Task.Delay(TimeSpan.FromMilliseconds(afterMs), time);
                    let.Release();
                    Assert.Equal(AssistEndReason.Released, (await ReadAsync(let)).End.Reason);
                    for (var i = 0; i < 3; i++) Assert.Equal(Alone(Request(60, 20, seed: i)).Tokens, (await others[i]).Tokens);
                    Assert.Equal((0, 0), (cloud.Pools.Running, cloud.Pools.Waiting));
                },
                new ScriptedEngine(2),
                Apart with { Slots = 2 },
                new ScriptedEngine(1));
        }
    }

    [Fact]
    public void RunAsync_CancelledAtAnyMoment_EveryGenerationEnds()
    {
        for (var afterMs = 1; afterMs < 400; afterMs += 13)
        {
            VirtualTime.Run(async time =>
            {
                using var stop = new CancellationTokenSource();
                using var metrics = new CloudMetrics();
                var pools = new EnginePools(Apart, new PacedEngine(new ScriptedEngine(3), Rates, time), new PacedEngine(new ScriptedEngine(2), Rates, time), Rates, metrics, time);
                var cloud = new CloudService(pools, Rates, Apart, metrics);
                var run = pools.RunAsync(stop.Token);
                var all = Enumerable.Range(0, 8).Select(i => cloud.Assist(Request(80, 50, seed: i), "")).ToArray();
                await Task.Delay(TimeSpan.FromMilliseconds(afterMs), time);
                stop.Cancel();
                await run;
                foreach (var generation in all)
                {
                    var (tokens, end) = await ReadAsync(generation);
                    Assert.Equal(tokens.Length, end.Decoded);
                    Assert.True(end.Reason is AssistEndReason.Preempted or AssistEndReason.Lease);
                }

                Assert.Empty(cloud.Book.All);
            });
        }
    }

    [Fact]
    public void RunAsync_StateCannotBeTakenOut_IsPrefilledByTheOtherPool() => Serve(
        async (_, cloud) => Assert.Equal(Alone(Request(100, 20)).Tokens, (await ReadAsync(cloud.Assist(Request(100, 20), ""))).Tokens),
        new ScriptedEngine(3),
        Apart,
        new TestEngine(new ScriptedEngine(2)) { OnExport = () => throw new EngineException(EngineError.Failed, "too large") });

    [Fact]
    public void RunAsync_StateLostOnTheWay_IsPrefilledAgainWithTheSameTokens() => Serve(
        async (_, cloud) => Assert.Equal(Alone(Request(100, 20)).Tokens, (await ReadAsync(cloud.Assist(Request(100, 20), ""))).Tokens),
        new TestEngine(new ScriptedEngine(3)) { OnImport = () => throw new EngineException(EngineError.BadState, "refused") },
        Apart,
        new ScriptedEngine(2));
}
