namespace PdDevice.Simulation.Reports;

/// <summary>A report as tables of Markdown.</summary>
public static class ReportMarkdown
{
    private const string CloudOnly = Policies.PolicyCatalog.CloudOnly;

    /// <summary>Everything a page shows of a report; ends with a line end.</summary>
    public static string Of(string title, SimulationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var lines = new List<string>
        {
            $"### {title}", "",
            $"{report.Trace}: {report.Requests:N0} requests, mean prompt {report.MeanPrompt:N0}, mean answer {report.MeanOutput:N0} tokens; {report.Model} on {report.Machines} x {report.Cloud}; devices {report.Devices}; links {string.Join(" and ", report.Links.Select(link => $"`{link}`"))}; {report.Objectives}; refinement: {report.Quality}; seed {report.Seed}.",
        };
        foreach (var note in report.Synthetic) lines.Add($"Synthetic: {note}.");
        var kept = report.Best.Select(policy => policy.Policy).ToHashSet(StringComparer.Ordinal);
        lines.AddRange(["", $"At equal load, {report.Policies[0].Load:0.##} times the trace's own:", "", .. Table(report.Policies)]);
        lines.AddRange(["", .. Ratios(report.Policies)]);
        lines.AddRange(["", "Each at its highest load that keeps to the objectives:", "", .. Table(report.Best)]);
        lines.AddRange(["", .. Ratios(report.Best)]);
        var none = report.Policies.Where(policy => !kept.Contains(policy.Policy)).Select(policy => policy.Policy).ToArray();
        if (none.Length > 0) lines.AddRange(["", $"At no load: {string.Join(", ", none)}."]);
        lines.AddRange(["", "Requests whose device alone needs at least ten times (round trip + cloud prefill), at equal load:", "", .. Slow(report.Policies)]);
        return string.Join('\n', lines) + "\n";
    }

    private static IEnumerable<string> Table(IReadOnlyList<PolicyResult> policies) =>
        Rows(ReportTable.Columns.Select(column => column.Head), policies.Select(policy => ReportTable.Columns.Select(column => column.Cell(policy))));

    private static IEnumerable<string> Ratios(IReadOnlyList<PolicyResult> policies)
    {
        var cloud = policies.FirstOrDefault(policy => policy.Policy == CloudOnly);
        return cloud is null ? [] : Rows(
            ["against cloud-only", "(a) cloud decode tokens per answer", "(b) slot-seconds per answer", "(c) goodput per accelerator", "ceiling of (c)"],
            policies.Where(policy => policy != cloud).Select(policy => (IEnumerable<string>)
            [
                policy.Policy, Ratio(cloud.CloudTokensPerAnswer, policy.CloudTokensPerAnswer), Ratio(cloud.SlotSecondsPerAnswer, policy.SlotSecondsPerAnswer),
                Ratio(policy.Goodput, cloud.Goodput), $"{cloud.Ceiling:0.00}x",
            ]));
    }

    private static IEnumerable<string> Slow(IReadOnlyList<PolicyResult> policies) => Rows(
        ["policy", "share of all", "TTFT p50 ms", "device alone", "less", "TTFT p99 ms", "device alone", "less"],
        policies.Where(policy => policy.SlowShare > 0).Select(policy => (IEnumerable<string>)
        [
            policy.Policy, $"{policy.SlowShare:0.0%}", $"{policy.SlowTtftP50Ms:N0}", $"{policy.SlowAloneP50Ms:N0}", $"{1 - (policy.SlowTtftP50Ms / policy.SlowAloneP50Ms):0.0%}",
            $"{policy.SlowTtftP99Ms:N0}", $"{policy.SlowAloneP99Ms:N0}", $"{1 - (policy.SlowTtftP99Ms / policy.SlowAloneP99Ms):0.0%}",
        ]));

    /// <summary>A table, line by line; the first column is text, the others are figures.</summary>
    public static IEnumerable<string> Rows(IEnumerable<string> heads, IEnumerable<IEnumerable<string>> rows)
    {
        var columns = heads.ToArray();
        yield return Line(columns);
        yield return "| --- |" + string.Concat(Enumerable.Repeat(" ---: |", columns.Length - 1));
        foreach (var row in rows) yield return Line(row);
    }

    private static string Ratio(double of, double to) => to > 0 ? $"{of / to:0.00}x" : "none used";

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}
