using PdDevice.Simulation;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Reports;

namespace PdDevice.Benchmarks.Simulate;

/// <summary>The README's table: what P/D-Device gains over cloud-only in each scenario of docs/simulation.md.</summary>
internal static class FleetSummary
{
    /// <summary>The part's name in the README.</summary>
    public const string Block = "fleet";

    /// <param name="report">Of a scenario; null: it was not run.</param>
    public static string Markdown(Func<Scenario, SimulationReport?> report)
    {
        string[] heads =
        [
            "simulated: P/D-Device against cloud-only", "TTFT p50, p99 against the device alone", "(a) cloud tokens per answer", "(b) slot-seconds per answer",
            "(c) goodput per accelerator, each at its highest load", "ceiling of (c)", "gaps over 1.25/d",
        ];
        var rows = Scenario.All.Select(scenario => (scenario.Title, Report: report(scenario))).Where(row => row.Report is not null).Select(row => Row(row.Title, row.Report!));
        return string.Join('\n', ReportMarkdown.Rows(heads, rows)) + "\n";
    }

    private static string[] Row(string title, SimulationReport report)
    {
        var (ours, cloud) = (Of(report.Policies, PolicyCatalog.PdDevice)!, Of(report.Policies, PolicyCatalog.CloudOnly)!);
        var (best, theirs) = (Of(report.Best, PolicyCatalog.PdDevice), Of(report.Best, PolicyCatalog.CloudOnly));
        var bears = cloud.MetShare >= Search.LeastMetShare * cloud.AttainableShare; // beside a cloud that is overloaded every ratio is large
        return
        [
            title, $"{(ours.SlowTtftP50Ms / ours.SlowAloneP50Ms) - 1:0%}, {(ours.SlowTtftP99Ms / ours.SlowAloneP99Ms) - 1:0%} ({ours.SlowShare:0%} of the requests)",
            $"{cloud.CloudTokensPerAnswer / ours.CloudTokensPerAnswer:0.0}x", bears ? $"{cloud.SlotSecondsPerAnswer / ours.SlotSecondsPerAnswer:0.0}x" : "cloud-only overloaded",
            best is null || theirs is null ? "none is low enough" : $"{best.Goodput / theirs.Goodput:0.0}x", $"{cloud.Ceiling:0.0}x", $"{ours.StalledShare:0.0%}",
        ];
    }

    private static PolicyResult? Of(IEnumerable<PolicyResult> results, string policy) => results.FirstOrDefault(result => result.Policy == policy);
}
