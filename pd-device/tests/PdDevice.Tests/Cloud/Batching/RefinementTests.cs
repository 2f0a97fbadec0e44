using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>Refined prompts from the batch loop, over an engine whose attention hangs on every token.</summary>
public sealed class RefinementTests
{
    private static readonly RefineWish Third = new(1 / 3.0, [100, 7]);

    [Fact]
    public void TakeRefined_Wished_KeepsWhatMustBeKeptAndAsMuchAsWished() => Serve(async (_, cloud) =>
    {
        var assist = cloud.Assist(Wishing(400), "");
        Assert.Null(cloud.TakeRefined(assist)); // not yet
        await ReadOneAsync(assist);
        var flat = cloud.TakeRefined(assist)!.Kept;
        TokenRange[] must = [new(0, MustKeep.First), new(100, 7), new(400 - MustKeep.Last, MustKeep.Last)];
        Assert.True(KeptRanges.TryRead(flat, 400, must, 134, out var kept, out var problem), problem);
        Assert.InRange(kept!.Count, 134, 134 + UnitMap.Longest(Selectors.DefaultUnit));
        Assert.Null(cloud.TakeRefined(assist)); // once
        await ReadAsync(assist);
    });

    [Fact]
    public void TakeRefined_NobodyWished_NothingIsCaptured()
    {
        var captures = 0;
        Serve(
            async (_, cloud) =>
            {
                var assist = cloud.Assist(Request(400, 5), "");
                await ReadAsync(assist);
                Assert.Null(cloud.TakeRefined(assist));
            },
            new TestEngine(new ScriptedEngine()) { After = batch => captures += batch.Captures.Count });
        Assert.Equal(0, captures);
    }

    [Fact]
    public void TakeRefined_Continuation_IsNotRefined() => Serve(async (_, cloud) =>
    {
        var assist = cloud.Assist(Wishing(200) with { Committed = Ids(3, 1) }, "");
        await ReadAsync(assist);
        Assert.Null(cloud.TakeRefined(assist));
    });

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void Fill_AnyCompanyAndChunk_TheLastRowsAreInOneBatchAndTheRangesAreTheSame(int queries)
    {
        var alone = new Dictionary<int, int[]>();
        var rows = new List<int>();
        IEngine Watched(int sequences) => new TestEngine(new ScriptedEngine(sequences))
        {
            After = batch => rows.AddRange(batch.Captures.Select(c => batch.Rows.Count(r => r.Sequence == c.Sequence))),
        };
        int[] lengths = [5, 17, 128, 129, 140, 257, 300];
        var options = new CloudOptions { RefineQueries = queries };
        foreach (var length in lengths)
            Serve(async (_, cloud) => alone[length] = await RefinedAsync(cloud, Wishing(length, 1)), Watched(1), options);
        Assert.Equal(lengths.Length, rows.Count);
        foreach (var chunk in new[] { 1, 7, 64, 512 })
        {
            Serve(
                async (_, cloud) =>
                {
                    var streams = Enumerable.Range(0, 2).Select(i => ReadAsync(cloud.Assist(Request(20, 60), ""))).ToArray();
                    var refined = await Task.WhenAll(lengths.Select(length => RefinedAsync(cloud, Wishing(length, 1))));
                    await Task.WhenAll(streams);
                    for (var i = 0; i < lengths.Length; i++) Assert.Equal(alone[lengths[i]], refined[i]);
                },
                Watched(4),
                options with { PrefillChunk = chunk, Slots = 4, PrefixBytes = chunk == 64 ? 0 : 1 << 20 });
        }

        Assert.All(rows, count => Assert.True(count == 5 || count >= Math.Min(queries, 17), $"{count} rows"));
    }

    [Fact]
    public void RestoreAsync_PromptAgain_TheQueriesAreComputedAnew() => Serve(
        async (_, cloud) =>
        {
            var first = await RefinedAsync(cloud, Wishing(300));
            var again = cloud.Assist(Wishing(300), "");
            await ReadAsync(again);
            Assert.Equal(300 - new CloudOptions().RefineQueries, again.Cached);
            Assert.Equal(first, cloud.TakeRefined(again)!.Kept);

            var small = cloud.Assist(Wishing(12), "");
            await ReadAsync(small);
            Assert.Equal(0, small.Cached);
        });

    [Fact]
    public void RunAsync_Disaggregated_ThePrefillPoolCaptures()
    {
        int[] mixed = [];
        Serve(async (_, cloud) => mixed = await RefinedAsync(cloud, Wishing(300)));
        var (prefill, decode) = (0, 0);
        Serve(
            async (_, cloud) => Assert.Equal(mixed, await RefinedAsync(cloud, Wishing(300))),
            new TestEngine(new ScriptedEngine(4)) { After = batch => decode += batch.Captures.Count },
            new CloudOptions { Slots = 3, PrefillSlots = 2 },
            new TestEngine(new ScriptedEngine(2)) { After = batch => prefill += batch.Captures.Count });
        Assert.Equal((1, 0), (prefill, decode));
    }

    [Fact]
    public void RunAsync_Wished_TokensAreTheSameAsWithout() => Serve(async (_, cloud) =>
    {
        var request = Request(333, 20, temperature: 0.8);
        Assert.Equal(Alone(request).Tokens, (await ReadAsync(cloud.Assist(request with { Refine = Third }, ""))).Tokens);
    });

    [Fact]
    public void RunAsync_LetGoWhileItPrefills_OthersGetTheirOwn() => Serve(
        async (time, cloud) =>
        {
            var expected = await RefinedAsync(cloud, Wishing(200, 3));
            var gone = cloud.Assist(Wishing(900, 9), "");
            var other = cloud.Assist(Wishing(200, 3), "");
            await Task.Delay(TimeSpan.FromMilliseconds(200), time); // in the middle of its prefill, at 1,000 tokens/s
            gone.Release();
            await ReadAsync(gone);
            Assert.Null(cloud.TakeRefined(gone));
            await ReadAsync(other);
            Assert.Equal(expected, cloud.TakeRefined(other)!.Kept);
        },
        options: new CloudOptions { PrefixBytes = 0 });

    [Fact]
    public void Assist_RefinementOffOrNotReadable_IsRefusedByName() => Serve(
        (_, cloud) =>
        {
            Assert.False(cloud.Identity.RefinementOffered);
            Assert.Equal("not_offered", Refused(cloud, Wishing(200)));
            return Task.CompletedTask;
        },
        options: new CloudOptions { Refinement = false });

    private static AssistRequest Wishing(int prompt, int seed = 7) =>
        Request(prompt, 5, seed: seed) with { Refine = prompt < 107 ? new RefineWish(1 / 3.0) : Third };

    private static async Task<int[]> RefinedAsync(CloudService cloud, AssistRequest request)
    {
        var assist = cloud.Assist(request, "");
        await ReadAsync(assist);
        return cloud.TakeRefined(assist)!.Kept;
    }
}
