using MathNet.Numerics.Statistics;
using PdDevice.Benchmarks.Serving;
using PdDevice.Cli.Demo;
using PdDevice.Cloud;
using PdDevice.Core.Refinement;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Capture;

/// <summary>What is lost when fewer layers and queries are read than all layers and 32 queries.</summary>
internal static class CaptureAccuracy
{
    private const int MostQueries = 32;
    private const int Tokens = 1000;
    private const double KeepRatio = 0.2;

    private static readonly int[] Steps = [1, 2, 3, 4, 6];
    private static readonly int[] Queries = [8, 16, MostQueries];

    public static async Task<TableReport> MeasureAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var prompts = run.Smoke ? 2 : 60;
        var rows = new List<IReadOnlyList<string>>();
        foreach (var model in run.Models)
        {
            ServingRun.Say($"capture, accuracy, {ServingRun.Name(model)}");
            await using var engine = await LlamaEngine.LoadAsync(
                new LlamaEngineOptions { Model = model, Threads = run.Threads, ContextTokens = 2048, Attention = true }, null, cancellationToken);
            var seen = new List<IReadOnlyList<Choice>>();
            for (var seed = 1; seed <= prompts; seed++) seen.Add(await CompareAsync(engine, seed, cancellationToken));
            for (var way = 0; way < seen[0].Count; way++)
            {
                var all = seen.Select(choices => (Reference: choices[0], Here: choices[way])).ToArray();
                var (lost, won) = (all.Count(c => c.Reference.HasFact && !c.Here.HasFact), all.Count(c => !c.Reference.HasFact && c.Here.HasFact));
                rows.Add([
                    $"{ServingRun.Name(model)}, {all[0].Here.Name}", $"{all[0].Here.Rows:N0}", $"{all.Average(c => c.Here.Correlation):F3}",
                    $"{100 * all.Average(c => c.Here.Overlap):F0}%", $"{100.0 * all.Count(c => c.Here.HasFact) / prompts:F0}%", $"{lost}", $"{won}",
                ]);
            }
        }

        var defaults = new CloudOptions();
        return TableReport.Here(
            "capture-accuracy", ["model, layers, queries", "layers x queries", "correlation", "top fifth shared", "fact kept", "lost", "won"], rows,
            [
                $"{prompts} diaries of about {Tokens:N0} tokens with one fact somewhere and a question about it. Correlation of the pooled scores with those of all layers and {MostQueries} queries, and the share of the best fifth of positions that is theirs too;",
                $"fact kept: all of its number's positions are in what is kept of the prompt at ratio {KeepRatio}; lost and won against the first row, prompt by prompt. The default is {defaults.RefineQueries} queries of every {CaptureOverhead.Ordinal(defaults.RefineLayerStep)} layer.",
            ],
            CaptureCommand.Page);
    }

    /// <summary>All layers and the most queries first.</summary>
    private static async Task<IReadOnlyList<Choice>> CompareAsync(LlamaEngine engine, int seed, CancellationToken cancellationToken)
    {
        var (prompt, fact) = Prompt(engine.Tokenizer, seed);
        var pieces = engine.Tokenizer.Pieces(prompt);
        var units = UnitMap.Of(Selectors.DefaultUnit, pieces);
        var must = MustKeep.Of(pieces);
        var batch = new EngineBatch();
        var start = prompt.Length - MostQueries;
        await engine.TruncateAsync(0, 0, cancellationToken);
        await engine.PrefillAsync(batch, 0, prompt.AsMemory(0, start), 0, 128, wantLogits: false, cancellationToken);

        var choices = new List<Choice>();
        float[]? reference = null;
        foreach (var queries in Queries.Reverse())
        {
            await engine.TruncateAsync(0, start, cancellationToken);
            batch.Clear();
            batch.AddRange(prompt.AsSpan(start), start, 0, RowKind.Prefill, wantLogits: true);
            batch.Capture(new AttentionCapture(0, queries, LayerStep: 1));
            await engine.ForwardAsync(batch, cancellationToken);
            var whole = batch.Captured(0)!;
            foreach (var step in Steps)
            {
                var some = EveryNth(whole, step);
                var scores = Selectors.Default.Score(new SelectorInput(units, some));
                reference ??= scores;
                var kept = KeptPositions.Choose(scores, units, new KeepOptions(KeepRatio), must);
                choices.Add(new Choice(
                    step == 1 ? $"all layers, {queries} queries" : $"every {CaptureOverhead.Ordinal(step)} layer, {queries} queries", some.Layers.Count * queries,
                    Correlation.Pearson(scores.Select(x => (double)x), reference.Select(x => (double)x)), Shared(scores, reference),
                    Enumerable.Range(fact.Start, fact.Count).All(i => kept.Any(range => i >= range.Start && i < range.End))));
            }
        }

        return choices;
    }

    /// <summary>The same capture as with that step: every so many-th layer, counted back from the last.</summary>
    private static AttentionScores EveryNth(AttentionScores all, int step)
    {
        int[] layers = [.. all.Layers.Where(layer => (all.ModelLayers - 1 - layer) % step == 0)];
        var values = new List<float>();
        foreach (var layer in layers)
            for (var head = 0; head < all.Heads; head++)
                values.AddRange(all.Of(layer, head));
        return new AttentionScores(all.Positions, layers, all.ModelLayers, all.Heads, all.Queries, [.. values]);
    }

    private static double Shared(float[] scores, float[] reference)
    {
        HashSet<int> Best(float[] of) => [.. Enumerable.Range(0, of.Length).OrderByDescending(i => of[i]).Take(of.Length / 5)];
        var best = Best(reference);
        return (double)Best(scores).Count(best.Contains) / best.Count;
    }

    /// <summary>A prompt and where its fact's number stands.</summary>
    private static (int[] Prompt, TokenRange Fact) Prompt(ITokenizer tokenizer, int seed)
    {
        var code = $"{1000 + (seed * 7919 % 9000)}";
        var days = new List<string>();
        foreach (var day in new DemoDocument(seed).Days())
        {
            if (tokenizer.Encode(string.Join("\n\n", days)).Length > Tokens) break;
            days.Add(day);
        }

        days[seed * 13 % days.Count] += $" The code of the silver piano is {code}.";
        var prompt = tokenizer.EncodeChat([new ChatMessage("user", $"{string.Join("\n\n", days)}\n\nWhat is the code of the silver piano?")]);
        return (prompt, Find(tokenizer, prompt, $"piano is {code}", code.Length));
    }

    /// <summary>The positions of the last letters of a text.</summary>
    private static TokenRange Find(ITokenizer tokenizer, int[] prompt, string text, int last)
    {
        var (bytes, ends) = (new List<byte>(), new List<int>());
        foreach (var token in prompt)
        {
            bytes.AddRange(tokenizer.Bytes(token).Span);
            ends.Add(bytes.Count);
        }

        var at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) + text.Length;
        var first = ends.FindIndex(end => end > at - last);
        return new TokenRange(first, ends.FindIndex(end => end >= at) - first + 1);
    }

    private sealed record Choice(string Name, int Rows, double Correlation, double Overlap, bool HasFact);
}
