using FsCheck;
using FsCheck.Fluent;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>KV kept and used again, over an engine that shows every position that is not what it should be.</summary>
public sealed class PrefixReuseTests
{
    // Few distinct stems, so that prompts share prefixes of all lengths.
    private static readonly Gen<(string Owner, AssistRequest Request)> AnyRequest =
        from owner in Gen.Elements("a", "b")
        from stem in Gen.Choose(0, 2)
        from shared in Gen.Choose(0, 200)
        from own in Gen.Choose(1, 60)
        from committed in Gen.Elements(0, 0, 7)
        from lease in Gen.Choose(1, 40)
        from temperature in Gen.Elements(0, 0.8)
        select (owner, Request(1, lease, temperature) with
        {
            Prompt = [.. Ids(shared, stem), .. Ids(own, stem + own)], Committed = Ids(committed, own),
        });

    [Fact]
    public void RestoreAsync_AnyRequestsAtAnyTimes_SameTokensAsAloneWhateverIsReused() =>
        Prop.ForAll(AnyRequest.NonEmptyListOf().Resize(12).ToArbitrary(), Gen.Choose(0, 6000).ToArbitrary(), Gen.Choose(1, 3).ToArbitrary(), (requests, bytes, slots) =>
            Serve(
                async (time, cloud) =>
                {
                    var reads = new List<Task<(GeneratedToken[], GenerationEnd)>>();
                    foreach (var (owner, request) in requests)
                    {
                        reads.Add(ReadAsync(cloud.Assist(request, owner)));
                        await Task.Delay(TimeSpan.FromMilliseconds(request.Prompt[^1] % 5 * 30), time);
                    }

                    for (var i = 0; i < reads.Count; i++)
                        Assert.Equal(Alone(requests.ElementAt(i).Request).Tokens, (await reads[i]).Item1);
                    Assert.InRange(cloud.Pools.Prefixes.Size, 0, bytes);
                },
                new ScriptedEngine(3),
                new CloudOptions { PrefixBytes = bytes, Slots = slots }))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void RestoreAsync_SamePromptAgain_OnlyItsLastTokenIsPrefilled()
    {
        var fed = 0;
        Serve(
            async (_, cloud) =>
            {
                await ReadAsync(cloud.Assist(Request(300, 5), "a"));
                fed = 0;
                var again = cloud.Assist(Request(300, 5), "a");
                Assert.Equal(Alone(Request(300, 5)).Tokens, (await ReadAsync(again)).Tokens);
                Assert.Equal((299, 5), (again.Cached, fed));
            },
            new TestEngine(new ScriptedEngine()) { After = batch => fed += batch.Count });
    }

    [Fact]
    public void RestoreAsync_AnotherOwnersPrompt_IsPrefilledAnew() => Serve(async (_, cloud) =>
    {
        await ReadAsync(cloud.Assist(Request(300, 5), "a"));
        var other = cloud.Assist(Request(300, 5), "b");
        await ReadAsync(other);
        Assert.Equal(0, other.Cached);
    });

    [Fact]
    public void RestoreAsync_PrefixOfARunningNeighbour_IsCopiedFromIt() => Serve(async (_, cloud) =>
    {
        var first = cloud.Assist(Request(300, 200), "a");
        await ReadOneAsync(first);
        var request = Request(1, 10) with { Prompt = [.. Ids(280, 7), 40, 41, 42] };
        var second = cloud.Assist(request, "a");
        Assert.Equal(Alone(request).Tokens, (await ReadAsync(second)).Tokens);
        Assert.False(first.Ended.IsCompleted);
        Assert.InRange(second.Cached, 280, 281);
        first.Release();
    });

    [Theory]
    [InlineData(1 << 20, 309)]
    [InlineData(100, 0)]
    public void RestoreAsync_Continuation_GoesOnExactlyWhetherKeptOrEvicted(long bytes, int cached) => Serve(
        async (_, cloud) =>
        {
            var whole = Alone(Request(300, 30)).Tokens;
            await ReadAsync(cloud.Assist(Request(300, 10), "a"));
            var rest = cloud.Assist(Request(300, 20) with { Committed = [.. whole[..10].Select(t => t.Id)] }, "a");
            Assert.Equal(whole[10..], (await ReadAsync(rest)).Tokens);
            Assert.Equal(cached, rest.Cached);
        },
        options: new CloudOptions { PrefixBytes = bytes });

    [Fact]
    public void RestoreAsync_StateCannotBeUsed_CostsAPrefillAndNothingElse() => Serve(
        async (_, cloud) =>
        {
            await ReadAsync(cloud.Assist(Request(300, 5), "a"));
            var again = cloud.Assist(Request(300, 5), "a");
            Assert.Equal(Alone(Request(300, 5)).Tokens, (await ReadAsync(again)).Tokens);
            Assert.Equal(0, again.Cached);
        },
        new TestEngine(new ScriptedEngine()) { OnImport = () => throw new EngineException(EngineError.BadState, "refused") });

    // A state may be too large for one array: the cloud must go on.
    [Fact]
    public void KeepAsync_StateCannotBeTakenOut_CostsAPrefillAndNothingElse() => Serve(
        async (_, cloud) =>
        {
            var first = cloud.Assist(Request(300, 50), "a");
            await ReadOneAsync(first);
            var neighbour = cloud.Assist(Request(300, 5), "a"); // would copy from the one that runs
            Assert.Equal(Alone(Request(300, 5)).Tokens, (await ReadAsync(neighbour)).Tokens);
            Assert.Equal(49, (await ReadAsync(first)).Tokens.Length);
            var again = cloud.Assist(Request(300, 5), "a");
            Assert.Equal(Alone(Request(300, 5)).Tokens, (await ReadAsync(again)).Tokens);
            Assert.Equal((0, 0), (neighbour.Cached, again.Cached));
        },
        new TestEngine(new ScriptedEngine(4)) { OnExport = () => throw new EngineException(EngineError.Failed, "too large") });

    [Fact]
    public void RestoreAsync_OnlyASmallPartOfALongStateMatches_IsNotCopied() => Serve(async (_, cloud) =>
    {
        await ReadAsync(cloud.Assist(Request(1000, 5), "a"));
        var other = Request(1, 5) with { Prompt = [.. Ids(40, 7), .. Ids(60, 50)] };
        var generation = cloud.Assist(other, "a");
        Assert.Equal(Alone(other).Tokens, (await ReadAsync(generation)).Tokens);
        Assert.Equal(0, generation.Cached);
    });

    [Fact]
    public void Start_SeveralChoicesOfOnePrompt_PrefillItOnce()
    {
        var prefilled = 0;
        Serve(
            async (_, cloud) =>
            {
                var request = Request(300, 20, 0.8);
                var choices = cloud.Start([.. Enumerable.Range(0, 4).Select(i =>
                    new GenerationRequest("a", request.Prompt, request.Sampling with { Seed = (ulong)i }, 20))]);
                for (var i = 0; i < 4; i++)
                {
                    var (tokens, _) = await ReadAsync(choices[i]);
                    Assert.Equal(Alone(request with { Sampling = request.Sampling with { Seed = (ulong)i } }).Tokens, tokens);
                }

                Assert.Equal(300 + 3, prefilled);
            },
            new TestEngine(new ScriptedEngine(4)) { After = batch => prefilled += batch.Rows.Count(r => r.Kind == RowKind.Prefill) });
    }

    [Fact]
    public void Start_FirstChoiceLetGoBeforeItsFirstToken_TheOthersGoOn() => Serve(async (_, cloud) =>
    {
        var request = Request(300, 20);
        var choices = cloud.Start([.. Enumerable.Range(0, 3).Select(_ => new GenerationRequest("a", request.Prompt, request.Sampling, 20))]);
        choices[0].Release();
        Assert.Equal(AssistEndReason.Released, (await ReadAsync(choices[0])).End.Reason);
        foreach (var choice in choices.Skip(1)) Assert.Equal(Alone(request).Tokens, (await ReadAsync(choice)).Tokens);
    });
}
