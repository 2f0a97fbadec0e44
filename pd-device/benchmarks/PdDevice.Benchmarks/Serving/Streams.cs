using System.CommandLine;
using MathNet.Numerics.Statistics;
using PdDevice.Cli.Demo;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>streams</c>: a thousand streams at once, and twice as many as there are places, over real sockets on the scripted engine.</summary>
internal static class Streams
{
    public static Command Create() => ServingOptions.Create("streams",
        "1,000 concurrent streams (errors, memory per stream) and overload (who is refused, how fast, and what the others notice), over real sockets on the scripted engine.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken) => TableReport.Here(
        "streams",
        ["load", "streams", "errors", "memory a stream KiB", "refused", "refusal p99 ms", "Retry-After s", "TTFT p50 / p99 ms", "ITL p50 / p99 ms"],
        [await ManyAsync(run, cancellationToken), .. await OverloadAsync(run, cancellationToken)],
        [
            "Scripted engine (no model) in a process of its own, slowed so that all streams run at the same time: emulated. Client and server share the machine.",
            "Memory: growth of the server's resident memory from a warm idle server to its largest under the load, by the number of streams.",
        ]);

    private static async Task<string[]> ManyAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var (count, lease) = run.Smoke ? (50, 40) : (1000, 200);
        ServingRun.Say($"streams, {count} at once");
        await using var server = await CloudAsync(["--slots", $"{count}", "--queue", "0", "--profile", "phone@100000"], cancellationToken);
        using var client = new StreamClient(server.Address);
        await client.AskAsync(Math.Min(count, 50), 16, 10, cancellationToken); // warm
        var (idle, most, running) = (server.WorkingSet, 0L, 0.0);
        var asked = client.AskAsync(count, 16, lease, cancellationToken);
        using var watch = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!asked.IsCompleted)
        {
            most = Math.Max(most, server.WorkingSet);
            running = Math.Max(running, await client.MetricAsync("vllm:num_requests_running", cancellationToken));
            await watch.WaitForNextTickAsync(cancellationToken);
        }

        var streams = await asked;
        return [$"all at once, {running:N0} seen running together", .. Figures(streams, $"{Math.Max(0, most - idle) / 1024.0 / count:N0}")];
    }

    private static async Task<IReadOnlyList<string[]>> OverloadAsync(ServingRun run, CancellationToken cancellationToken)
    {
        const int places = 24;
        var lease = run.Smoke ? 40 : 400;
        await using var server = await CloudAsync(["--slots", "16", "--queue", "8", "--profile", "phone@30000"], cancellationToken);
        using var client = new StreamClient(server.Address);
        await client.AskAsync(4, 16, 10, cancellationToken); // warm
        var rows = new List<string[]>();
        foreach (var (name, count) in (IEnumerable<(string, int)>)[("as many as there are places", places), ("twice as many", 2 * places)])
        {
            ServingRun.Say($"streams, {name}");
            rows.Add([$"16 slots and 8 waiting: {name}", .. Figures(await client.AskAsync(count, 16, lease, cancellationToken), "")]);
        }

        return rows;
    }

    private static Task<ChildServer> CloudAsync(string[] options, CancellationToken cancellationToken) => ChildServer.StartAsync(
        ["cloud", "--model", "scripted", "--listen", "127.0.0.1:0", "--prefix-memory", "0", .. options], _ => { }, cancellationToken,
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "pdd.exe" : "pdd"));

    private static string[] Figures(Stream[] streams, string memory)
    {
        var admitted = streams.Where(s => s.Refused is null && s.Trouble is null).ToArray();
        var refused = streams.Where(s => s.Refused is not null).ToArray();
        var ttft = admitted.Select(s => 1000 * s.Tokens[0]).ToArray();
        var gaps = admitted.SelectMany(s => s.Tokens.Zip(s.Tokens.Skip(1), (a, b) => 1000 * (b - a))).ToArray();
        var later = refused.Select(s => s.RetryAfter ?? double.NaN).ToArray();
        return
        [
            $"{streams.Length:N0}", $"{streams.Count(s => s.Trouble is not null)}", memory, $"{refused.Length}",
            refused.Length == 0 ? "" : $"{refused.Select(s => 1000 * s.Refused!.Value).Quantile(0.99):N0}",
            refused.Length == 0 ? "" : later.Min() == later.Max() ? $"{later.Min():N0}" : $"{later.Min():N0} to {later.Max():N0}",
            $"{ttft.Median():N0} / {ttft.Quantile(0.99):N0}", $"{gaps.Median():N0} / {gaps.Quantile(0.99):N0}",
        ];
    }
}
