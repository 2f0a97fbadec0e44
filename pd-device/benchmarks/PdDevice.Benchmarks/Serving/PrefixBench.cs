using System.CommandLine;
using PdDevice.Cloud;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>prefix</c>: what kept KV is worth.</summary>
internal static class PrefixBench
{
    public static Command Create() => ServingOptions.Create("prefix",
        "TTFT of a second request with the same 1,500-token system prompt, and of a continuation with its KV kept and evicted.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var length = run.Smoke ? 200 : 1500;
        var rows = new List<string[]>();
        foreach (var model in run.Models)
        {
            ServingRun.Say($"prefix, {ServingRun.Name(model)}");
            await using var kept = await BenchCloud.OpenAsync(model, new CloudOptions(), 2048, run.Threads, cancellationToken);
            await using var evicted = await BenchCloud.OpenAsync(model, new CloudOptions { PrefixBytes = 0 }, 2048, run.Threads, cancellationToken);
            int[] First(int seed) => [.. BenchCloud.Prompt(1, length), .. BenchCloud.Prompt(seed, 30)];

            var before = await AskAsync(kept, First(11), 60);
            var after = await AskAsync(kept, First(12), 60);
            rows.Add([$"{ServingRun.Name(model)}, same {length:N0}-token system prompt", $"{1000 * before.Ttft:N0}", $"{1000 * after.Ttft:N0}", $"{before.Ttft / after.Ttft:N0}x", $"{after.Cached:N0}"]);

            var without = await AskAsync(evicted, First(11), 60, before.Tokens);
            var with = await AskAsync(kept, First(11), 60, before.Tokens);
            rows.Add([$"{ServingRun.Name(model)}, continuation after 60 tokens", $"{1000 * without.Ttft:N0}", $"{1000 * with.Ttft:N0}", $"{without.Ttft / with.Ttft:N0}x", $"{with.Cached:N0}"]);
        }

        return TableReport.Here("prefix", ["model, request", "TTFT ms without its KV", "TTFT ms with", "ratio", "tokens reused"], rows,
            ["Without: the first request of its kind, or the continuation on a cloud that keeps nothing. The engine is otherwise idle."]);
    }

    private static async Task<(double Ttft, int Cached, int[] Tokens)> AskAsync(BenchCloud cloud, int[] prompt, int tokens, int[]? committed = null)
    {
        var generation = cloud.Start(prompt, tokens, committed: committed);
        var read = await BenchCloud.ReadAsync(generation);
        return (BenchCloud.Ttft(generation), generation.Cached, [.. read.Select(t => t.Token.Id)]);
    }
}
