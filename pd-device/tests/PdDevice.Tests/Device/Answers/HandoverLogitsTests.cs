using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PdDevice.Cli.Demo;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Tests.Inference;
using Xunit.Abstractions;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// Invariant 4 on real weights: what the device knows after a handover is what a fresh prefill of prompt and ledger knows,
/// up to the noise that the shape of batches has in any case.
/// </summary>
[Collection("Engine")]
public sealed class HandoverLogitsTests(ITestOutputHelper output)
{
    private const int Handovers = 20;

    [Fact]
    public Task RunAsync_Invariant4_EmbeddedModel_LogitsAfterHandoverEqualAFreshPrefill() => CheckAsync(EmbeddedModel.Path);

    [SharedModelFact]
    public Task RunAsync_Invariant4_SmolLm2_LogitsAfterHandoverEqualAFreshPrefill() =>
        CheckAsync(SharedModels.Path(SharedModels.SmolLm2));

    private async Task CheckAsync(string model)
    {
        await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = model });
        var document = string.Join(' ', new DemoDocument(5).Days().Take(3));
        var prompt = engine.Tokenizer.EncodeChat([new ChatMessage("user", $"{document}\n\nRetell the text in order.")]);
        var request = new AnswerRequest { Prompt = prompt, MaxTokens = 2 * Handovers, Sampling = new SamplingOptions { IgnoreEndOfGeneration = true } };
        // Chunks of 32 as `phone` has, and of 4, whose batches differ most from the 128 of a fresh prefill.
        EngineRates[] shapes = [new(130, 1000), new(20, 1000)]; // a decode rate that makes no test wait for the display
        var ledger = new List<int>();
        await foreach (var token in new Answer(engine, shapes[0], null, request, TimeProvider.System).RunAsync(CancellationToken.None)) ledger.Add(token.Id);

        var differences = new List<(int Index, float Difference, bool SameTop, float Margin)>();
        var noise = 0f;
        for (var index = 1; index < 2 * Handovers; index += 2)
        {
            int[] known = [.. prompt, .. ledger[..index]];
            var fresh = await PrefillAsync(engine, known, 128);
            foreach (var chunk in (int[])[3, 8]) noise = Math.Max(noise, Distance(fresh, await PrefillAsync(engine, known, chunk)));
            var taken = await TakeOverAsync(engine, shapes[index / 2 % 2], request with { Lease = index }, ledger[..index]);
            differences.Add((index, Distance(fresh, taken), Top(fresh) == Top(taken), Margin(fresh)));
        }

        output.WriteLine($"batch noise {noise}; after handover {string.Join(", ", differences.Select(d => $"{d.Index}: {d.Difference:G3}"))}");
        Assert.Equal(Handovers, differences.Count);
        Assert.All(differences, d => Assert.InRange(d.Difference, 0, noise));
        Assert.All(differences.Where(d => d.Margin > noise), d => Assert.True(d.SameTop));
        Assert.Contains(differences, d => d.Margin > noise);
    }

    /// <summary>Runs a split answer whose handover is at the end of these tokens; returns the logits the device took over with.</summary>
    private static async Task<float[]> TakeOverAsync(LlamaEngine engine, EngineRates rates, AnswerRequest request, List<int> fromCloud)
    {
        var logits = Array.Empty<float>();
        var arrived = new TaskCompletionSource();
        var device = new TestEngine(engine)
        {
            // The last chunk of the prompt waits for the cloud's tokens, so that the handover is where the test wants it.
            Before = batch => batch.Rows[^1].WantLogits && batch.Rows[^1].Position < request.Prompt.Length ? arrived.Task : Task.CompletedTask,
            After = batch =>
            {
                if (batch.Rows[^1] is { WantLogits: true, Kind: RowKind.Prefill }) logits = batch.Logits(batch.Count - 1).ToArray();
            },
        };
        var answer = new Answer(device, rates, new Replay(engine, fromCloud, arrived), request with { MaxTokens = fromCloud.Count + 1 }, TimeProvider.System);
        await foreach (var _ in answer.RunAsync(CancellationToken.None))
        {
        }

        Assert.Equal(fromCloud.Count, answer.Usage!.HandoverIndex);
        return logits;
    }

    private static async Task<float[]> PrefillAsync(LlamaEngine engine, int[] tokens, int chunk)
    {
        var batch = new EngineBatch();
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        var row = await engine.PrefillAsync(batch, 0, tokens, 0, chunk, true, CancellationToken.None);
        return batch.Logits(row).ToArray();
    }

    private static float Distance(float[] a, float[] b)
    {
        var difference = new float[a.Length];
        TensorPrimitives.Subtract(a, b, difference);
        return Math.Abs(TensorPrimitives.MaxMagnitude<float>(difference));
    }

    private static int Top(float[] logits) => TensorPrimitives.IndexOfMax<float>(logits);

    private static float Margin(float[] logits)
    {
        var best = logits.OrderDescending().Take(2).ToArray();
        return best[0] - best[1];
    }

    /// <summary>A cloud that sends recorded tokens a few at a time.</summary>
    private sealed class Replay(IEngine engine, List<int> tokens, TaskCompletionSource sent) : IAssistClient
    {
        public long BytesSent => 0;

        public ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult((new AssistIdentity(engine.Identity, 4096, 1024, false, 4000, 100), TimeSpan.Zero));

        public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return new AssistAdmitted("replay");
            for (var i = 0; i < tokens.Count; i++) yield return new AssistToken(i, tokens[i]);
            yield return new AssistEnd(AssistEndReason.Lease, tokens.Count, 0);
            sent.TrySetResult();
        }

        public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => Task.FromResult<AssistEnd?>(null);
    }
}
