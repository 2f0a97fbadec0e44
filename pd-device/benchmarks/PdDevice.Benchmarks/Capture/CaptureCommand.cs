using System.CommandLine;
using PdDevice.Benchmarks.Serving;

namespace PdDevice.Benchmarks.Capture;

/// <summary><c>capture</c> and <c>capture-accuracy</c>: what reading attention costs a cloud's prefill, and how little of it must be read.</summary>
internal static class CaptureCommand
{
    public const string Page = "refinement.md";

    public static Command Create() => Of("capture", "Prefill with and without reading attention for refined prompts, alone and beside 8 streams.", CaptureOverhead.MeasureAsync);

    public static Command CreateAccuracy() => Of("capture-accuracy", "What is lost when fewer layers and queries are read.", CaptureAccuracy.MeasureAsync);

    private static Command Of(string name, string description, Func<ServingRun, CancellationToken, Task<TableReport>> measure) =>
        ServingOptions.Create(name, description, async (run, cancellationToken) =>
            await measure(run, cancellationToken) is var report && run.Smoke ? report : report.WithOthers([.. run.Models.Select(ServingRun.Name)]));
}
