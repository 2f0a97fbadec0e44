using System.CommandLine;
using PdDevice.Benchmarks.Serving;

namespace PdDevice.Benchmarks.Capture;

/// <summary><c>capture</c>: what reading attention costs a cloud's prefill, and how little of it must be read.</summary>
internal static class CaptureCommand
{
    public const string Page = "refinement.md";

    public static Command Create() => ServingOptions.CreateMany("capture",
        "Prefill with and without reading attention for refined prompts, alone and beside 8 streams; and what fewer layers and queries lose.",
        async (run, cancellationToken) =>
        {
            TableReport[] reports = [await CaptureOverhead.MeasureAsync(run, cancellationToken), await CaptureAccuracy.MeasureAsync(run, cancellationToken)];
            return run.Smoke ? reports : [.. reports.Select(report => report.WithOthers([.. run.Models.Select(ServingRun.Name)]))];
        });
}
