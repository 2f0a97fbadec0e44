using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Cli.Demo;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>Refined prompts of the embedded model, beside other work in the same batches.</summary>
[Collection("Engine")]
public sealed class RealRefinementTests
{
    private const string Fact = "The code of the silver piano is 4821.";

    [Fact]
    public async Task TakeRefined_FactInALongText_IsKeptWhateverElseRuns()
    {
        await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path, Sequences = 3, Attention = true });
        using var metrics = new CloudMetrics();
        var rates = new EngineRates(1000, 100);
        var options = new CloudOptions { Slots = 3 };
        var pools = new EnginePools(options, engine, null, rates, metrics, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var run = pools.RunAsync(stop.Token);
        var cloud = new CloudService(pools, rates, options, metrics);
        Assert.True(cloud.Identity.RefinementOffered);

        var prompts = Enumerable.Range(1, 3).Select(seed => engine.Tokenizer.EncodeChat([new ChatMessage("user", Text(seed))])).ToArray();
        var assists = prompts.Select((prompt, i) => cloud.Assist(
            new AssistRequest
            {
                TokenizerFingerprint = engine.Identity.TokenizerFingerprint, WeightsFingerprint = engine.Identity.WeightsFingerprint,
                Prompt = prompt, Lease = 4, Sampling = SamplingOptions.Greedy, Refine = i == 1 ? null : new RefineWish(0.3),
            },
            "")).ToArray();
        foreach (var assist in assists) await assist.Ended;
        Assert.True(cloud.Identity.RefineSecondsPerToken > 0); // the engine says what reading took
        Assert.Null(cloud.TakeRefined(assists[1]));
        foreach (var i in new[] { 0, 2 })
        {
            Assert.True(KeptRanges.TryRead(cloud.TakeRefined(assists[i])!.Kept, prompts[i].Length, [], 1, out var kept, out _));
            var text = string.Concat(kept!.From(0).Select(position => System.Text.Encoding.UTF8.GetString(engine.Tokenizer.Bytes(prompts[i][position]).Span)));
            Assert.Contains("4821", text);
            Assert.InRange(kept.Count, 0.3 * prompts[i].Length, (0.3 * prompts[i].Length) + 16);
        }

        await stop.CancelAsync();
        await run;
    }

    private static string Text(int seed)
    {
        var days = new DemoDocument(seed).Days().Take(12).ToArray();
        days[3 * seed] += $" {Fact}";
        return $"{string.Join("\n\n", days)}\n\nWhat is the code of the silver piano?";
    }
}
