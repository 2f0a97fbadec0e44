using System.CommandLine;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>pools</c>: whether disaggregated pools give the tokens of mixed ones, alone and under load.</summary>
internal static class PoolsBench
{
    public static Command Create() => ServingOptions.Create("pools",
        "Disaggregated pools against mixed: tokens with one request in flight and under load, where they first differ, and the times.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var (requests, tokens) = run.Smoke ? (3, 20) : (16, 150);
        var rows = new List<string[]>();
        foreach (var model in run.Models)
        {
            ServingRun.Say($"pools, {ServingRun.Name(model)}");
            var mixed = new CloudOptions { PrefixBytes = 0 };
            var apart = mixed with { Pools = PoolMode.Disaggregated };
            var alone = await ServeAsync(run, model, mixed, requests, tokens, atOnce: false, cancellationToken);
            var loaded = await ServeAsync(run, model, mixed, requests, tokens, atOnce: true, cancellationToken);
            var noise = Noise(alone, loaded); // of mixed pools, one at a time against under load: the measure for all rows
            foreach (var (name, outcome) in (IEnumerable<(string, Outcome)>)
            [
                ("disaggregated, one in flight", await ServeAsync(run, model, apart, requests, tokens, atOnce: false, cancellationToken)),
                ("mixed, under load", loaded),
                ("disaggregated, under load", await ServeAsync(run, model, apart, requests, tokens, atOnce: true, cancellationToken)),
            ])
                rows.Add([$"{ServingRun.Name(model)}, {name}", .. Compare(alone, outcome, noise)]);
        }

        return TableReport.Here(
            "pools",
            ["model, pools", "answers that differ", "tokens before a difference", "top-2 margin there, largest", "batch noise measured", "differences above the noise", "TTFT mean s", "total s"],
            rows,
            [
                $"{requests} greedy answers of {tokens} tokens, prompts of 64 to 600 tokens, four slots, one prefill slot; compared with mixed pools serving one request at a time.",
                "Margin: the difference of the two best log-probabilities where an answer first differs, in the answer it is compared with. Batch noise: the largest change of that margin between mixed pools serving one at a time and under load, at any index before a difference; all rows are judged by it.",
            ]);
    }

    private static string[] Compare(Outcome reference, Outcome outcome, double noise)
    {
        var (differ, before) = (0, 0);
        var margins = new List<double>();
        foreach (var (theirs, ours) in reference.Answers.Zip(outcome.Answers))
        {
            var same = Same(theirs, ours);
            before += same;
            if (same == theirs.Count) continue;
            differ++;
            margins.Add(Margin(theirs[same]));
        }

        return
        [
            $"{differ} of {reference.Answers.Count}", $"{before:N0}", margins.Count == 0 ? "" : $"{margins.Max():N3}", $"{noise:N3}",
            $"{margins.Count(m => m > noise)}", $"{outcome.Ttft:N2}", $"{outcome.Seconds:N1}",
        ];
    }

    private static int Same(List<GeneratedToken> theirs, List<GeneratedToken> ours) => theirs.Zip(ours).TakeWhile(pair => pair.First.Id == pair.Second.Id).Count();

    /// <summary>The largest change of the top-2 margin at any index up to which two ways of serving made the same tokens.</summary>
    private static double Noise(Outcome one, Outcome other) =>
        one.Answers.Zip(other.Answers).Max(pair => pair.First.Zip(pair.Second).Take(Same(pair.First, pair.Second)).Select(tokens => Math.Abs(Margin(tokens.First) - Margin(tokens.Second))).DefaultIfEmpty().Max());

    private static double Margin(GeneratedToken token) => token.Logprobs!.Top[0].Logprob - token.Logprobs.Top[1].Logprob;

    private static async Task<Outcome> ServeAsync(
        ServingRun run, string model, CloudOptions options, int requests, int tokens, bool atOnce, CancellationToken cancellationToken)
    {
        await using var cloud = await BenchCloud.OpenAsync(model, options, 1024, run.Threads, cancellationToken);
        var start = TimeProvider.System.GetTimestamp();
        var generations = new List<Generation>();
        var reads = new List<Task<List<(GeneratedToken Token, long At)>>>();
        for (var i = 0; i < requests; i++)
        {
            generations.Add(cloud.Start(BenchCloud.Prompt(i, 64 + (i * 97 % 536)), tokens, topLogprobs: 2));
            reads.Add(BenchCloud.ReadAsync(generations[^1]));
            if (!atOnce) await reads[^1];
        }

        var answers = await Task.WhenAll(reads);
        return new Outcome(
            [.. answers.Select(answer => answer.ConvertAll(t => t.Token))],
            generations.Average(BenchCloud.Ttft), TimeProvider.System.GetElapsedTime(start).TotalSeconds);
    }

    private sealed record Outcome(IReadOnlyList<List<GeneratedToken>> Answers, double Ttft, double Seconds);
}
