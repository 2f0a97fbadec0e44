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
    private const int WarmPrefills = 40;
    private const double KeepRatio = 0.35; // what is kept has no part in what reading costs

    private static readonly CloudOptions Options = new() { Slots = Streams + 1, PrefixBytes = 0 };

    private readonly ServingRun _run;
    private readonly BenchCloud _with;
    private readonly BenchCloud _without;
    private readonly List<double> _reading = [];
    private readonly List<double> _choosing = [];

    private CaptureOverhead(ServingRun run, BenchCloud with, BenchCloud without) => (_run, _with, _without) = (run, with, without);

    public static async Task<TableReport> MeasureAsync(ServingRun run, CancellationToken cancellationToken)
    {
        int[] lengths = run.Smoke ? [128] : [1024, 2048, Context - 8];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var model in run.Models)
        {
            await using var with = await BenchCloud.OpenAsync(model, Options, Context, run.Threads, cancellationToken);
            await using var without = await BenchCloud.OpenAsync(model, Options with { Refinement = false }, Context, run.Threads, cancellationToken);
            if (!with.Service.Identity.RefinementOffered) throw new InvalidOperationException($"The attention of {model} cannot be read.");
            var bench = new CaptureOverhead(run, with, without);
            await bench.WarmAsync();
            foreach (var beside in new[] { 0, Streams })
                foreach (var length in lengths)
                    rows.Add([$"{ServingRun.Name(model)}, {(beside == 0 ? "alone" : $"beside {beside} streams")}, {length:N0} tokens", .. await bench.ComparePrefillAsync(length, beside)]);
            rows.Add([$"{ServingRun.Name(model)}, {Steps(run)} decode steps, nobody asks", .. await bench.CompareAsync(bench.DecodeAsync), "", ""]);
        }

        return TableReport.Here(
            "capture", ["model, load, prompt", "ms without", "with", "ratio", "95% interval", "reading ms", "choosing ms"], rows,
            [
                $"Prefill is from the slot to the first token; medians of {Pairs(run)} pairs, in turn, on {run.Threads} threads, after {WarmPrefills} to warm up. Without: a context that nobody can ask for attention, flash attention alike.",
                $"With: {Options.RefineQueries} queries, every {Ordinal(Options.RefineLayerStep)} layer. Reading is the part of it inside the engine; choosing what to keep comes after it, on the connection's thread.",
                $"The streams decode meanwhile; the longest prompt is {Context - 8:N0} tokens, so that an answer fits the embedded model's {Context:N0}.",
            ],
            CaptureCommand.Page);
    }

    private static int Pairs(ServingRun run) => run.Smoke ? 2 : 7;

    private static int Steps(ServingRun run) => run.Smoke ? 16 : 400;

    public static string Ordinal(int step) => step switch { 1 => "", 2 => "second", 3 => "third", _ => $"{step}th" };

    /// <summary>The runtime compiles what reads attention well only after it has run some dozens of times.</summary>
    private async Task WarmAsync()
    {
        for (var i = 0; i < (_run.Smoke ? 1 : WarmPrefills); i++)
            foreach (var cloud in new[] { _with, _without })
                await PrefillAsync(cloud, i, 128, beside: 0);
    }

    private async Task<string[]> ComparePrefillAsync(int length, int beside)
    {
        ServingRun.Say($"capture, {length} tokens, {beside} streams");
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "pdd.capture_seconds") listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => _reading.Add(1000 * seconds));
        listener.Start();
        _reading.Clear();
        _choosing.Clear();
        var figures = await CompareAsync((cloud, pair) => PrefillAsync(cloud, pair, length, beside));
        return [.. figures, $"{_reading.Median():F1}", $"{_choosing.Median():F1}"];
    }

    /// <summary>Both clouds in turn, each first as often as the other; once before, to warm up.</summary>
    private async Task<string[]> CompareAsync(Func<BenchCloud, int, Task<double>> measure)
    {
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var pair = 0; pair <= Pairs(_run); pair++)
        {
            foreach (var cloud in pair % 2 == 0 ? new[] { _with, _without } : [_without, _with])
            {
                var milliseconds = await measure(cloud, pair);
                if (pair > 0) (cloud == _with ? ours : theirs).Add(milliseconds);
            }
        }

        var ratio = PairedRatio.Of(ours, theirs);
        return [$"{theirs.Median():N0}", $"{ours.Median():N0}", $"{ratio.Median:F3}", $"{ratio.Low:F3} to {ratio.High:F3}"];
    }

    /// <summary>Milliseconds of an answer's decode steps; nobody asks for attention.</summary>
    private async Task<double> DecodeAsync(BenchCloud cloud, int seed)
    {
        var answer = cloud.Start(BenchCloud.Prompt(seed, 64), Steps(_run));
        await BenchCloud.ReadAsync(answer);
        return TimeProvider.System.GetElapsedTime(answer.Times.FirstToken!.Value, answer.Times.LastToken!.Value).TotalMilliseconds;
    }

    /// <summary>Milliseconds of one prefill.</summary>
    private async Task<double> PrefillAsync(BenchCloud cloud, int seed, int length, int beside)
    {
        var running = Enumerable.Range(0, beside).Select(i => cloud.Start(BenchCloud.Prompt(i, 16), Context - 16)).ToArray();
        var reads = running.Select(BenchCloud.ReadAsync).ToArray();
        foreach (var stream in running)
            while (stream.Times.FirstToken is null) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);

        var prompt = cloud.Start(BenchCloud.Prompt(100 + seed, length), 1, refine: cloud == _with ? new RefineWish(KeepRatio) : null);
        await BenchCloud.ReadAsync(prompt);
        var start = TimeProvider.System.GetTimestamp();
        if (cloud.Service.TakeRefined(prompt) is not null) _choosing.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        else if (cloud == _with) throw new InvalidOperationException("Nothing was captured: the figures would mean nothing.");

        foreach (var stream in running) stream.Release();
        await Task.WhenAll(reads);
        if (running.Any(stream => stream.End!.Reason != AssistEndReason.Released)) throw new InvalidOperationException("A stream ended before the prompt was prefilled: the figures would mean nothing.");
        return TimeProvider.System.GetElapsedTime(prompt.Times.Started!.Value, prompt.Times.FirstToken!.Value).TotalMilliseconds;
    }
}
