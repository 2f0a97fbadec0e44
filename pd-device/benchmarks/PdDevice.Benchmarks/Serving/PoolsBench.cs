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
        var (requests, tokens) = run.Smoke ? (3, 20) : (24, 150);
        var rows = new List<string[]>();
        foreach (var model in run.Models)
        {
            ServingRun.Say($"pools, {ServingRun.Name(model)}");
            var mixed = new CloudOptions { PrefixBytes = 0 };
            var apart = mixed with { Pools = PoolMode.Disaggregated };
            var alone = await ServeAsync(run, model, mixed, requests, tokens, atOnce: false, cancellationToken);
            foreach (var (name, options, atOnce) in (IEnumerable<(string, CloudOptions, bool)>)
                [("disaggregated, one in flight", apart, false), ("mixed, under load", mixed, true), ("disaggregated, under load", apart, true)])
                rows.Add([$"{ServingRun.Name(model)}, {name}", .. Compare(alone, await ServeAsync(run, model, options, requests, tokens, atOnce, cancellationToken))]);
        }

        return TableReport.Here(
            "pools",
            ["model, pools", "answers that differ", "tokens before a difference", "top-2 margin there, largest", "batch noise measured", "differences above the noise", "TTFT mean s", "total s"],
            rows,
            [
                $"{requests} greedy answers of {tokens} tokens, prompts of 64 to 600 tokens, four slots, one prefill slot; compared with mixed pools serving one request at a time.",
                "Margin: the difference of the two best log-probabilities where an answer first differs, in the answer it is compared with. Batch noise: the largest change of that margin at any index before a difference.",
            ]);
    }

    private static string[] Compare(Outcome reference, Outcome outcome)
    {
        var (differ, before, noise) = (0, 0, 0.0);
        var margins = new List<double>();
        for (var i = 0; i < reference.Answers.Count; i++)
        {
            var (theirs, ours) = (reference.Answers[i], outcome.Answers[i]);
            var same = theirs.Zip(ours).TakeWhile(pair => pair.First.Id == pair.Second.Id).Count();
            before += same;
            for (var k = 0; k < same; k++) noise = Math.Max(noise, Math.Abs(Margin(theirs[k]) - Margin(ours[k])));
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
