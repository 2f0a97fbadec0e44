using System.CommandLine;
using MathNet.Numerics.Statistics;
using PdDevice.Cloud;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>mixed-load</c>: what long prompts do to the streams that run, with the stall bound and without.</summary>
internal static class MixedLoad
{
    public static Command Create() => ServingOptions.Create("mixed-load",
        "Gaps between tokens of 16 running streams while 2,000-token prompts arrive, with the stall bound and without.", RunAsync);

    private static int Streams(ServingRun run) => run.Smoke ? 2 : 16;

    private static int Length(ServingRun run) => run.Smoke ? 300 : 2000;

    private static int Prompts(ServingRun run) => run.Smoke ? 1 : 2;

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        (string Name, CloudOptions Options)[] ways =
        [
            ("200 ms, the default", new CloudOptions()),
            ("none, chunk 128", new CloudOptions { MaxStall = TimeSpan.Zero }),
            ("none, chunk 512", new CloudOptions { MaxStall = TimeSpan.Zero, PrefillChunk = 512 }),
        ];
        var rows = new List<string[]>();
        foreach (var model in run.Models)
            foreach (var (name, options) in ways)
            {
                ServingRun.Say($"mixed-load, {ServingRun.Name(model)}, bound {name}");
                rows.Add([$"{ServingRun.Name(model)}, bound {name}", .. await MeasureAsync(run, model, options, cancellationToken)]);
            }

        return TableReport.Here(
            "mixed-load",
            ["model, stall bound", "gap p50 ms", "gap p99 ms", "largest gap ms", "decode tokens/s meanwhile", "TTFT of the prompts, mean s"],
            rows,
            [$"{Streams(run)} streams decode; {Prompts(run)} prompts of {Length(run):N0} tokens arrive one after the other; gaps are those of the running streams while a prompt is being prefilled."]);
    }

    private static async Task<string[]> MeasureAsync(ServingRun run, string model, CloudOptions options, CancellationToken cancellationToken)
    {
        var (streams, length, prompts) = (Streams(run), Length(run), Prompts(run));
        await using var cloud = await BenchCloud.OpenAsync(
            model, options with { Slots = streams + 1 }, run.Smoke ? 1024 : 4096, run.Threads, cancellationToken);
        var running = Enumerable.Range(0, streams).Select(i => cloud.Start(BenchCloud.Prompt(i, 16), run.Smoke ? 900 : 4000)).ToArray();
        var reads = running.Select(BenchCloud.ReadAsync).ToArray();
        while (running.Any(g => g.Times.FirstToken is null)) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);

        var windows = new List<(long From, long To)>();
        var ttft = new List<double>();
        for (var i = 0; i < prompts; i++)
        {
            var prompt = cloud.Start(BenchCloud.Prompt(100 + i, length), 1);
            await BenchCloud.ReadAsync(prompt);
            windows.Add((prompt.Times.Queued!.Value, prompt.Times.Ended!.Value + (TimeProvider.System.TimestampFrequency / 10))); // its KV is kept then
            ttft.Add(BenchCloud.Ttft(prompt));
        }

        foreach (var stream in running) stream.Release();
        var tokens = await Task.WhenAll(reads);
        if (running.Any(g => g.End!.Reason != Core.Wire.AssistEndReason.Released)) throw new InvalidOperationException("A stream ended before the prompts were prefilled: the figures would mean nothing.");
        var gaps = new List<double>();
        var during = 0;
        foreach (var stream in tokens)
            for (var i = 1; i < stream.Count; i++)
            {
                if (!windows.Any(w => stream[i].At >= w.From && stream[i - 1].At <= w.To)) continue;
                gaps.Add(TimeProvider.System.GetElapsedTime(stream[i - 1].At, stream[i].At).TotalMilliseconds);
                during++;
            }

        return
        [
            $"{gaps.Median():N0}", $"{gaps.Quantile(0.99):N0}", $"{gaps.Max():N0}", $"{during / ttft.Sum():N0}", $"{ttft.Average():N2}",
        ];
    }
}
