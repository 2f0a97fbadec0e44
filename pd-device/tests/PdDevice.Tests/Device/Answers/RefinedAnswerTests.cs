using PdDevice.Cloud;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Http;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Core.Refinement;

namespace PdDevice.Tests.Device.Answers;

/// <summary>A refined prompt at any moment, right or wrong, in virtual time (invariants 1 to 4 and 10).</summary>
public sealed class RefinedAnswerTests
{
    private const int Prompt = 400; // two seconds of prefill on the device, thirteen chunks
    private const int Lease = 256;
    private const int MaxTokens = 280;

    private static readonly RefinementQuality Tasks = new(
        [new RatioQuality(0.2, 0, -1, 500)],
        new Dictionary<string, RefinementQuality> { ["list"] = new([]), ["code"] = new([new RatioQuality(0.1, 0, -1, 100), new RatioQuality(0.3, 0, -1, 100)]) });

    private static readonly AnswerPolicy Refine = new() { Refine = RefineMode.On, KeepRatio = 0.5 };

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void RunAsync_Invariants1And4_RefinedAfterEveryToken_TextIsThatOfTheRawStartAndTheKeptRest(double temperature)
    {
        var request = Scripted.Request(Prompt, MaxTokens, temperature, Lease);
        var alone = Scripted.Alone(request);
        var (starts, late) = (new HashSet<int>(), 0);
        for (var after = 0; after <= Lease; after++)
        {
            var (outcome, cloud) = Run(request, new Setup { After = after });
            AssertWhole(request, outcome);
            Assert.Equal(alone.Ids[..outcome.Usage.HandoverIndex!.Value], outcome.Ids[..outcome.Usage.HandoverIndex.Value]); // the cloud's own
            Assert.Equal(Expected(request, outcome, RefiningCloud.Choose(cloud.Requests[0])), outcome.Ids);
            Assert.Empty(outcome.Usage.Failures);
            if (outcome.Usage.Refined is { } refined) starts.Add(refined.Raw);
            else late++;
        }

        Assert.InRange(starts.Count, 10, 13); // it came in nearly every chunk
        Assert.InRange(late, 1, Lease); // and when nothing was left to be saved
    }

    [Fact]
    public void RunAsync_Invariants1And2_RefinedThenCloudLostAtEveryIndex_ContinuationCarriesTheRawPrompt()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        for (var lost = 1; lost < 45; lost++)
        {
            var (outcome, cloud) = Run(request, new Setup { After = lost / 2, LoseAfter = lost });
            AssertWhole(request, outcome);
            Assert.Equal(Expected(request, outcome, RefiningCloud.Choose(cloud.Requests[0])), outcome.Ids);
            Assert.All(cloud.Requests, assist => Assert.Equal(request.Prompt, assist.Prompt));
            Assert.All(cloud.Requests.Skip(1), assist => Assert.Null(assist.Refine));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void RunAsync_Invariants1And2_CloudLostRightAfterTheRefinedPrompt_TheDeviceGoesOnWithIt(int after)
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var (outcome, cloud) = Run(request, new Setup { After = after, Kept = LostAfter });
        AssertWhole(request, outcome);
        Assert.Equal(Expected(request, outcome, RefiningCloud.Choose(cloud.Requests[0])), outcome.Ids);
        Assert.NotNull(outcome.Usage.Refined);
        Assert.Equal([after == 0 ? FailurePlace.CloudFirstToken : FailurePlace.CloudToken], outcome.Usage.Failures);
        Assert.All(cloud.Requests.Skip(1), assist => Assert.Null(assist.Refine)); // it has come

        static IEnumerable<int[]> LostAfter(AssistRequest asked)
        {
            yield return KeptRanges.Flatten(RefiningCloud.Choose(asked));
            throw new IOException("The connection broke.");
        }
    }

    [Fact]
    public void RunAsync_Invariant10_HostileRangesAtAnyTime_AreRefusedAndTheRawPromptServes()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8, Lease);
        var expected = Scripted.Alone(request).Ids;
        foreach (var flat in KeptRangesTests.Hostile.Select(row => (int[]?)row[1]).Where(flat => flat is not null))
            foreach (var after in new[] { 0, 30 })
            {
                var (outcome, _) = Run(request, new Setup { After = after, Kept = _ => [flat!] });
                Assert.Equal(expected, outcome.Ids);
                Assert.Null(outcome.Usage.Refined);
                Assert.Equal([FailurePlace.RefinedPrompt], outcome.Usage.Failures);
                Assert.InRange(outcome.Usage.CloudTokens, after + 1, Lease); // its tokens go on
            }
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    public void RunAsync_CloudThatReadsAttention_TextIsThatOfTheRawStartAndTheKeptRest(double keepRatio)
    {
        for (var prompt = 300; prompt < 1500; prompt += 93)
        {
            var request = Scripted.Request(prompt, MaxTokens, 0.8) with { KeepRatio = keepRatio };
            var (outcome, cloud) = Run(request, new Setup { PassesOn = true });
            AssertWhole(request, outcome);
            Assert.NotNull(outcome.Usage.Refined);
            Assert.True(KeptRanges.TryRanges(cloud.Passed!.Kept, prompt, out var kept, out _));
            Assert.Equal(Expected(request, outcome, kept), outcome.Ids);
            Assert.Empty(outcome.Usage.Failures);
            Assert.InRange(outcome.Usage.Refined.Ratio, keepRatio, keepRatio + ((double)UnitMap.Longest(Selectors.DefaultUnit) / prompt)); // whole units;
        }
    }

    [Fact]
    public void RunAsync_RefinedTwice_TheFirstCountsAndTheSecondIsNoted()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8, Lease);
        var all = new[] { 0, Prompt };
        var (outcome, cloud) = Run(request, new Setup { After = 5, Kept = asked => [KeptRanges.Flatten(RefiningCloud.Choose(asked)), all] });
        Assert.NotNull(outcome.Usage.Refined);
        Assert.Equal(Expected(request, outcome, RefiningCloud.Choose(cloud.Requests[0])), outcome.Ids);
        Assert.Equal([FailurePlace.RefinedPrompt], outcome.Usage.Failures);
    }

    [Fact]
    public void RunAsync_RefinedWithoutAWish_IsNotedAndIgnored()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8, Lease);
        var (outcome, cloud) = Run(request, new Setup { Policy = new AnswerPolicy() });
        Assert.Null(cloud.Requests[0].Refine);
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal([FailurePlace.RefinedPrompt], outcome.Usage.Failures);
    }

    [Fact]
    public void RunAsync_WishedForAndNeverSent_IsNotedAndAContinuationBridges()
    {
        var request = Scripted.Request(2000, MaxTokens, 0.8);
        var (outcome, _) = Run(request, new Setup { After = int.MaxValue });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal([FailurePlace.RefinedPrompt], outcome.Usage.Failures);
        Assert.InRange(outcome.Usage.Assists, 2, 4); // the lease was planned for half the prompt
        Assert.All(Gaps(outcome), gap => Assert.InRange(gap / Scripted.DeviceRates.DecodeStep, 0, 1.5));
    }

    [Theory]
    [InlineData(0.2, -0.5, -1, 0.2)] // borne
    [InlineData(0.2, -1.5, -2, null)] // too much lost in the mean
    [InlineData(0.2, 0, -3.5, null)] // known too badly
    public void RunAsync_NoRatioNamed_TheSmallestThatTheModelBearsOrNone(double ratio, double change, double low, double? asked)
    {
        var quality = new RefinementQuality([new RatioQuality(ratio, change, low, 500)]);
        var (_, cloud) = Run(Scripted.Request(2000, 60, 0), new Setup { Policy = Refine with { KeepRatio = null, Quality = quality } });
        Assert.Equal(asked, cloud.Requests[0].Refine?.KeepRatio);
        var (_, unmeasured) = Run(Scripted.Request(2000, 60, 0), new Setup { Policy = Refine with { KeepRatio = null } });
        Assert.Null(unmeasured.Requests[0].Refine);
    }

    [Theory]
    [InlineData("code", null, null, 0.1)] // bears a smaller one than all together
    [InlineData("list", null, null, null)] // bears none
    [InlineData("list", null, 0.5, null)] // whatever the device keeps of other prompts
    [InlineData("list", 0.4, null, 0.4)] // the request's own ratio wins
    [InlineData("never measured", 0.4, null, 0.4)]
    [InlineData(null, null, null, 0.2)]
    [InlineData(null, null, 0.5, 0.5)]
    public void RunAsync_TaskNamed_TheSmallestRatioThatThisTaskBearsOrNone(string? task, double? keepRatio, double? devices, double? asked)
    {
        var request = Scripted.Request(2000, 60, 0) with { Task = task, KeepRatio = keepRatio };
        var (outcome, cloud) = Run(request, new Setup { Policy = Refine with { KeepRatio = devices, Quality = Tasks } });
        Assert.Equal(asked, cloud.Requests[0].Refine?.KeepRatio);
        Assert.Equal(asked is null, outcome.Usage.Refined is null);
        if (asked is null) Assert.EndsWith("; not refined, as the task list bears no keep ratio that was measured", outcome.Usage.Plan!.Reason);
        else Assert.DoesNotContain("not refined", outcome.Usage.Plan!.Reason);
        Assert.Null(Run(request with { KeepRatio = null }, new Setup { Policy = Refine with { Refine = RefineMode.Off, Quality = Tasks } }).Cloud.Requests[0].Refine);
    }

    [Fact]
    public void RunAsync_TaskNamedAndNothingMeasured_IsNotRefinedAndSaysWhy()
    {
        var (outcome, cloud) = Run(Scripted.Request(2000, 60, 0) with { Task = "code" }, new Setup());
        Assert.Null(cloud.Requests[0].Refine);
        Assert.EndsWith("; not refined, as nothing was measured of this model", outcome.Usage.Plan!.Reason);
    }

    [Fact]
    public void Create_TaskThatWasNotMeasured_IsRefusedBeforeAnythingRuns() => VirtualTime.Run(async time =>
    {
        var engine = new TestEngine(new ScriptedEngine()) { Before = _ => throw new InvalidOperationException("nothing may run") };
        var device = new DeviceRuntime(engine, Scripted.DeviceRates, null, [], false, time) { Policy = Refine with { Quality = Tasks } };
        foreach (var way in Enum.GetValues<AnswerWay>())
        {
            var refused = Assert.Throws<AnswerException>(() => device.Create(way, Scripted.Request(100, 10, 0) with { Task = "secret words" }));
            Assert.Equal(AnswerError.UnknownTask, refused.Error);
            Assert.Contains("code, list", refused.Message);
            Assert.DoesNotContain("secret", refused.Message);
        }

        await Task.CompletedTask;
    });

    [Fact]
    public void RunAsync_DeviceFailsAfterTheRefinedPrompt_TheCloudGoesOnFromTheLedger()
    {
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var (outcome, _) = Run(request, new Setup
        {
            Engine = time => new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
            {
                Before = batch => batch.Rows[0].Position > 150 ? throw new EngineException(EngineError.OutOfMemory, "no memory") : Task.CompletedTask,
            },
        });
        Assert.Equal(Scripted.Alone(request).Ids, outcome.Ids);
        Assert.Equal([FailurePlace.DevicePrefill], outcome.Usage.Failures);
    }

    [Fact]
    public void RunAsync_ProtectedSpansAndKeepRatioOfTheRequest_AreInTheWish()
    {
        var request = Scripted.Request(Prompt, 60, 0) with { KeepRatio = 0.3, Protected = [new TokenRange(100, 7), new TokenRange(60, 3)] };
        var (outcome, cloud) = Run(request, new Setup { Policy = new AnswerPolicy() }); // off, and asked for by name
        var wish = cloud.Requests[0].Refine!;
        Assert.Equal(0.3, wish.KeepRatio);
        Assert.Equal([0, 4, 60, 3, 100, 7, 368, 32], wish.Protected!);
        Assert.NotNull(outcome.Usage.Refined);
        Assert.Equal(0.3, outcome.Usage.Refined.Ratio, 0.005);
        Assert.Equal(Expected(request, outcome, RefiningCloud.Choose(cloud.Requests[0])), outcome.Ids);
    }

    [Theory]
    [InlineData(1.0, null)]
    [InlineData(null, RefineMode.Off)]
    [InlineData(null, RefineMode.Auto)] // half of what is left of 400 tokens takes less than two seconds
    public void RunAsync_NotWorthIt_NoWish(double? keepRatio, RefineMode? mode)
    {
        var (_, cloud) = Run(Scripted.Request(Prompt, 60, 0) with { KeepRatio = keepRatio }, new Setup { After = int.MaxValue, Policy = Refine with { Refine = mode ?? RefineMode.On } });
        Assert.Null(cloud.Requests[0].Refine);
        Assert.NotNull(Run(Scripted.Request(2000, 60, 0), new Setup { Policy = Refine with { Refine = RefineMode.Auto } }).Cloud.Requests[0].Refine);
    }

    [Fact]
    public void RunAsync_SlowDevice_CatchesUpSoonerWithASmallerLeaseAndLessOccupancy()
    {
        var request = Scripted.Request(2000, 600, 0);
        var (refined, with) = Run(request, new Setup());
        var (raw, without) = Run(request, new Setup { Policy = new AnswerPolicy(), After = int.MaxValue });
        Assert.True(with.Requests[0].Lease < 0.65 * without.Requests[0].Lease, $"{with.Requests[0].Lease} {without.Requests[0].Lease}");
        Assert.True(refined.Usage.HandoverIndex < 0.65 * raw.Usage.HandoverIndex);
        Assert.True(refined.Usage.OccupancyMs < 0.75 * raw.Usage.OccupancyMs);
        Assert.Equal((1, 1), (refined.Usage.Assists, raw.Usage.Assists));
        Assert.All(Gaps(refined), gap => Assert.InRange(gap / Scripted.DeviceRates.DecodeStep, 0.5, 1.01)); // no stall at the handover
    }

    /// <summary>An answer of a device and a cloud that sends a refined prompt.</summary>
    private sealed record Setup
    {
        public int After { get; init; }

        public Func<AssistRequest, IEnumerable<int[]>>? Kept { get; init; }

        public bool PassesOn { get; init; }

        public int LoseAfter { get; init; } = int.MaxValue;

        public AnswerPolicy Policy { get; init; } = Refine;

        public Func<TimeProvider, IEngine> Engine { get; init; } = time => new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
    }

    private static (Scripted.Outcome Outcome, RefiningCloud Cloud) Run(AnswerRequest request, Setup setup)
    {
        Scripted.Outcome? outcome = null;
        RefiningCloud? cloud = null;
        VirtualTime.Run(async time =>
        {
            using var stop = new CancellationTokenSource();
            var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), Scripted.CloudRates, time, stop.Token, new CloudOptions { MaxLease = 2000 });
            var inner = new InProcessCloud(loop, Scripted.OneWay, time) { LoseAfter = setup.LoseAfter };
            cloud = setup.Kept is { } kept ? new RefiningCloud(inner) { After = setup.After, Kept = kept } : new RefiningCloud(inner) { After = setup.After, PassesOn = setup.PassesOn };
            outcome = await Scripted.RunAsync(setup.Engine(time), cloud, request, time, Scripted.Shared(time, setup.Policy));
            stop.Cancel();
        });
        return (outcome!, cloud!);
    }

    /// <summary>The cloud's tokens, then those of an engine given exactly the raw first m, the kept rest and the cloud's tokens.</summary>
    private static int[] Expected(AnswerRequest request, Scripted.Outcome outcome, TokenRange[] kept)
    {
        var handover = outcome.Usage.HandoverIndex!.Value;
        var raw = outcome.Usage.Refined?.Raw ?? request.Prompt.Length;
        var rest = kept.SelectMany(range => Enumerable.Range(range.Start, range.Count)).Where(position => position >= raw).ToArray();
        if (outcome.Usage.Refined is { } refined) Assert.Equal(rest.Length, refined.Kept);
        var ids = outcome.Ids[..handover].ToList();
        int[] row = [.. request.Prompt[..raw], .. rest.Select(position => request.Prompt[position]), .. ids];
        var engine = new ScriptedEngine();
        var sampler = new PositionSampler(request.Sampling, request.Prompt, engine.Tokenizer.EndOfGeneration); // of the raw prompt
        foreach (var id in ids) sampler.Accept(id);
        var batch = new EngineBatch();
        for (var at = 0; ids.Count < request.MaxTokens; at = row.Length, row = [.. row, ids[^1]])
        {
            var last = 0;
            for (; at < row.Length; at++)
            {
                batch.Clear();
                last = batch.Add(new EngineRow(row[at], at, 0, RowKind.Prefill, at == row.Length - 1));
                Assert.True(engine.ForwardAsync(batch, CancellationToken.None).AsTask().IsCompletedSuccessfully);
            }

            ids.Add(sampler.Sample(batch.Logits(last), ids.Count));
            sampler.Accept(ids[^1]);
        }

        return [.. ids];
    }

    private static void AssertWhole(AnswerRequest request, Scripted.Outcome outcome)
    {
        Assert.Equal(Enumerable.Range(0, request.MaxTokens), outcome.Shown.Select(token => token.Index));
        Assert.Equal(request.Prompt.Length, outcome.Usage.PromptTokens);
        var handover = outcome.Usage.HandoverIndex!.Value;
        Assert.All(outcome.Shown, token => Assert.Equal(token.Index < handover, token.Source == PdDevice.Core.Ledger.TokenSource.Cloud));
    }

    private static IEnumerable<TimeSpan> Gaps(Scripted.Outcome outcome) => outcome.Shown.Zip(outcome.Shown.Skip(1), (a, b) => b.At - a.At);
}
