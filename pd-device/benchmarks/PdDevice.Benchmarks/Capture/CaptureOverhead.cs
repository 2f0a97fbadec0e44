using System.Diagnostics.Metrics;
using MathNet.Numerics.Statistics;
using PdDevice.Benchmarks.Serving;
using PdDevice.Cloud;
using PdDevice.Core.Wire;

namespace PdDevice.Benchmarks.Capture;

/// <summary>Prefill of the same prompts by a cloud that refines them and by one whose context has no callback at all, in turn.</summary>
internal sealed class CaptureOverhead
{
    private const int Context = 4096;
    private const int Streams = 8;
    private const int WarmPrefills = 10;
    private const double KeepRatio = 0.35; // what is kept has no part in what reading costs

    // No bound on a batch's length: what fits under one is learned, and two clouds that learn would run other batches.
    private static readonly CloudOptions Options = new() { Slots = Streams + 1, PrefixBytes = 0, MaxStall = TimeSpan.Zero };

    private readonly BenchCloud _with;
    private readonly BenchCloud _without;

    private CaptureOverhead(BenchCloud with, BenchCloud without) => (_with, _without) = (with, without);

    public static async Task<TableReport> MeasureAsync(ServingRun run, CancellationToken cancellationToken)
    {
        int[] lengths = run.Smoke ? [128] : [1024, 2048, Context - 8];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var model in run.Models)
        {
            Samples[] prefills = [.. new[] { 0, Streams }.SelectMany(beside => lengths.Select(length => new Samples(length, beside)))];
            var decodes = new Samples(Steps(run), 0);
            for (var round = 0; round < Rounds(run); round++)
            {
                // Each opens first as often as the other, and anew: where a context's memory lies is worth some percent.
                await using var first = await OpenAsync(run, model, refines: round % 2 == 0, cancellationToken);
                await using var second = await OpenAsync(run, model, refines: round % 2 == 1, cancellationToken);
                var bench = round % 2 == 0 ? new CaptureOverhead(first, second) : new CaptureOverhead(second, first);
                await bench.MeasureAsync(run, round, prefills, decodes);
            }

            rows.AddRange(prefills.Select(samples =>
                (IReadOnlyList<string>)[$"{ServingRun.Name(model)}, {(samples.Beside == 0 ? "alone" : $"beside {samples.Beside} streams")}, {samples.Length:N0} tokens", .. samples.Cells(), $"{samples.Reading.Median():F1}", $"{samples.Choosing.Median():F1}"]));
            rows.Add([$"{ServingRun.Name(model)}, {decodes.Length} decode steps, nobody asks", .. decodes.Cells(), "", ""]);
        }

        return TableReport.Here(
            "capture", ["model, load, prompt", "ms without", "with", "ratio", "95% interval", "reading ms", "choosing ms"], rows,
            [
                $"Prefill is from the slot to the first token; medians of {Rounds(run)} pairs on {run.Threads} threads, each of two fresh contexts that are warmed up by {WarmPrefills} prompts. Without: a context that nobody can ask for attention, flash attention alike.",
                $"With: {Options.RefineQueries} queries, every {Ordinal(Options.RefineLayerStep)} layer. Reading is the part of it inside the engine; choosing what to keep comes after it, on the connection's thread.",
                $"The streams decode meanwhile; batches are not bounded in time, so that both sides run the same ones; the longest prompt is {Context - 8:N0} tokens, so that an answer fits the embedded model's {Context:N0}.",
            ],
            CaptureCommand.Page);
    }

    private static int Rounds(ServingRun run) => run.Smoke ? 2 : 6;

    private static int Steps(ServingRun run) => run.Smoke ? 16 : 400;

    public static string Ordinal(int step) => step switch { 1 => "", 2 => "second", 3 => "third", _ => $"{step}th" };

    private static async Task<BenchCloud> OpenAsync(ServingRun run, string model, bool refines, CancellationToken cancellationToken)
    {
        var cloud = await BenchCloud.OpenAsync(model, Options with { Refinement = refines }, Context, run.Threads, cancellationToken);
        return cloud.Service.Identity.RefinementOffered == refines ? cloud : throw new InvalidOperationException($"The attention of {model} cannot be read.");
    }

    /// <summary>One round: a pair for every row; who goes first changes every other round, who opens first every round.</summary>
    private async Task MeasureAsync(ServingRun run, int round, Samples[] prefills, Samples decodes)
    {
        for (var i = 0; i < (run.Smoke ? 1 : WarmPrefills); i++)
            foreach (var cloud in new[] { _with, _without })
                await PrefillAsync(cloud, i, new Samples(128, 0));
        foreach (var samples in prefills)
        {
            ServingRun.Say($"capture, round {round + 1} of {Rounds(run)}, {samples.Length} tokens, {samples.Beside} streams");
            using var listener = Listen(samples);
            await CompareAsync(round, samples, cloud => PrefillAsync(cloud, round, samples));
        }

        await CompareAsync(round, decodes, cloud => DecodeAsync(cloud, round, decodes.Length));
    }

    private static MeterListener Listen(Samples samples)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "pdd.capture_seconds") listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => samples.Reading.Add(1000 * seconds));
        listener.Start();
        return listener;
    }

    private async Task CompareAsync(int round, Samples samples, Func<BenchCloud, Task<double>> measure)
    {
        foreach (var cloud in (round / 2) % 2 == 0 ? new[] { _with, _without } : [_without, _with])
            (cloud == _with ? samples.With : samples.Without).Add(await measure(cloud));
    }

    /// <summary>Milliseconds of an answer's decode steps; nobody asks for attention.</summary>
    private static async Task<double> DecodeAsync(BenchCloud cloud, int seed, int steps)
    {
        var answer = cloud.Start(BenchCloud.Prompt(seed, 64), steps);
        await BenchCloud.ReadAsync(answer);
        return TimeProvider.System.GetElapsedTime(answer.Times.FirstToken!.Value, answer.Times.LastToken!.Value).TotalMilliseconds;
    }

    /// <summary>Milliseconds of one prefill.</summary>
    private async Task<double> PrefillAsync(BenchCloud cloud, int seed, Samples samples)
    {
        var running = Enumerable.Range(0, samples.Beside).Select(i => cloud.Start(BenchCloud.Prompt(i, 16), Context - 16)).ToArray();
        var reads = running.Select(BenchCloud.ReadAsync).ToArray();
        foreach (var stream in running)
            while (stream.Times.FirstToken is null) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);

        var prompt = cloud.Start(BenchCloud.Prompt(100 + seed, samples.Length), 1, refine: cloud == _with ? new RefineWish(KeepRatio) : null);
        await BenchCloud.ReadAsync(prompt);
        var start = TimeProvider.System.GetTimestamp();
        if (cloud.Service.TakeRefined(prompt) is not null) samples.Choosing.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        else if (cloud == _with) throw new InvalidOperationException("Nothing was captured: the figures would mean nothing.");

        foreach (var stream in running) stream.Release();
        await Task.WhenAll(reads);
        if (running.Any(stream => stream.End!.Reason != AssistEndReason.Released)) throw new InvalidOperationException("A stream ended before the prompt was prefilled: the figures would mean nothing.");
        return TimeProvider.System.GetElapsedTime(prompt.Times.Started!.Value, prompt.Times.FirstToken!.Value).TotalMilliseconds;
    }

    /// <summary>What one row's pairs took, ms.</summary>
    private sealed record Samples(int Length, int Beside)
    {
        public List<double> With { get; } = [];

        public List<double> Without { get; } = [];

        public List<double> Reading { get; } = [];

        public List<double> Choosing { get; } = [];

        public string[] Cells()
        {
            var ratio = PairedRatio.Of(With, Without);
            return [$"{Without.Median():N0}", $"{With.Median():N0}", $"{ratio.Median:F3}", $"{ratio.Low:F3} to {ratio.High:F3}"];
        }
    }
}
