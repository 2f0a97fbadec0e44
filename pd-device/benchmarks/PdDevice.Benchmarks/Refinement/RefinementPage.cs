using System.Globalization;
using System.Text;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Reports;

namespace PdDevice.Benchmarks.Refinement;

/// <summary>The part of docs/refinement.md that is made from the measured files.</summary>
internal static class RefinementPage
{
    /// <summary>The part's name in the page.</summary>
    public const string Block = "quality";

    /// <summary>The file of the default ratio: the window selector alone on 500 pairs or more.</summary>
    public const string Rule = "refinement-window";

    /// <summary>How the files begin that compare what is kept or left out as a whole, on the same prompts: one table for all of them.</summary>
    private const string Units = "refinement-unit-";

    private const int RulePairs = 500;

    // From here on every selector keeps so much that little is left to tell apart.
    private const double HighRatio = .7;

    /// <summary>Of all files, by name.</summary>
    public static string Markdown(IReadOnlyDictionary<string, RefinementReport> reports)
    {
        var page = new StringBuilder();
        if (reports.TryGetValue(Rule, out var rule)) page.Append(Default(rule));
        foreach (var (name, report) in reports.Where(pair => HasSection(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            page.Append('\n').Append(Section(name, report));
        var units = reports.Where(pair => !HasSection(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).ToArray();
        if (units.Length > 0) page.Append('\n').Append(ByUnit(units));
        return page.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Whether a file has a section and a plot of its own.</summary>
    public static bool HasSection(string name) => !name.StartsWith(Units, StringComparison.Ordinal);

    /// <summary>The sentence that names the default ratio.</summary>
    public static string Default(RefinementReport report)
    {
        var quality = ReportBuilder.Quality(report.Rows);
        var pairs = quality.Ratios.Count == 0 ? 0 : quality.Ratios.Min(ratio => ratio.Pairs);
        if (pairs < RulePairs) return F($"**No default ratio: {pairs} pairs were measured, {RulePairs} are needed.**\n");
        return quality.SmallestBorne is { } smallest && quality.Ratios.First(ratio => ratio.Ratio == smallest) is var at
            ? F($"**Default keep ratio: {smallest}** (mean change {at.MeanChange:F1} points, 95% from {at.LowerBound:F1}, {at.Pairs} pairs of the tasks that count, embedded model).\n")
            : F($"**No default ratio: none is borne on {pairs} pairs, and refinement is off unless asked for.**\n");
    }

    /// <summary>Where the window selector does not beat another by intervals that are apart, below a ratio of 0.7.</summary>
    public static IReadOnlyList<string> NotSeparated(RefinementReport report) =>
    [
        .. report.Rows.Where(row => row.Task == ReportBuilder.Pooled && row.Selector == Selectors.Default.Name && row.Ratio < HighRatio)
            .SelectMany(window => report.Rows.Where(row => row.Task == ReportBuilder.Pooled && row.Ratio == window.Ratio && row.RawShare == window.RawShare
                && row.Selector is "recency" or "uniform" or "random" && row.ExactMatchHigh >= window.ExactMatchLow)
                .Select(other => F($"{other.Selector} at {other.Ratio}{(other.RawShare > 0 ? F($" after {other.RawShare:P0} raw") : "")} ({window.ExactMatch:P1} against {other.ExactMatch:P1})"))),
    ];

    private static string Section(string name, RefinementReport report)
    {
        var text = new StringBuilder();
        text.Append(F($"### {report.Model}, {report.Prompts} prompts (`{name}.json`)\n\n"));
        text.Append(F($"Mean prompt {report.MeanPromptTokens:F0} tokens, seed {report.Plan.Seed}; attention of the last {report.Plan.Queries} positions, every {report.Plan.LayerStep}. layer, kept by the {report.Plan.Unit.ToString().ToLowerInvariant()}."));
        if (report.CloudModel is not null) text.Append(F($" Scores from another quantisation ({report.CloudModel}, weights {report.CloudWeightsFingerprint![..12]}); answers from weights {report.WeightsFingerprint[..12]}."));
        if (report.TextsFolder is not null) text.Append(F($" The task texts hides its fact between sentences of `{report.TextsFolder}`."));
        text.Append(F($" Machine: {report.Machine}.\n\n"));
        text.Append("| task | prompts | right unrefined | counts | smallest ratio the window selector bears |\n| --- | --- | --- | --- | --- |\n");
        foreach (var task in report.Tasks)
            text.Append(F($"| {task.Task.ToString().ToLowerInvariant()} | {task.Prompts} | {task.Unrefined:P0} | {(task.Counts ? "yes" : "no")} | {Borne(report, task)} |\n"));
        text.Append(F($"\n![Exact match over keep ratio]({name}.svg)\n\n"));
        text.Append("| raw share | selector | keep ratio | ingested | exact match (95%) | change, points (95%) | same start | token F1 | perplexity |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var row in report.Rows.Where(row => row.Task == ReportBuilder.Pooled))
            text.Append(F($"| {row.RawShare} | {row.Selector} | {row.Ratio} | {row.Ingested:P0} | {row.ExactMatch:P1} ({row.ExactMatchLow:P1} to {row.ExactMatchHigh:P1}) | {row.Change:F1} ({row.ChangeLow:F1} to {row.ChangeHigh:F1}) | {row.GreedyPrefix:P0} | {row.TokenF1:F2} | {row.Perplexity:F2} |\n"));
        if (report.Plan.Selectors.Count > 1)
        {
            var alike = NotSeparated(report);
            text.Append(alike.Count == 0
                ? "\nBelow a ratio of 0.7 the window selector beats recency, uniform and random at every measured ratio, with intervals apart.\n"
                : F($"\nBelow a ratio of 0.7 the window selector's interval is not apart from: {string.Join("; ", alike)}.\n"));
        }

        text.Append("\nThe window selector by task, refined from the start:\n\n| task | counts | keep ratio | exact match | unrefined | change, points (95%) | token F1 | perplexity |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var row in report.Rows.Concat(report.Depths).Where(row => row.Task != ReportBuilder.Pooled && row.Selector == Selectors.Default.Name && row.RawShare == 0))
            text.Append(F($"| {row.Task} | {(row.Counts ? "yes" : "no")} | {row.Ratio} | {row.ExactMatch:P0} | {row.Unrefined:P0} | {row.Change:F1} ({row.ChangeLow:F1} to {row.ChangeHigh:F1}) | {row.TokenF1:F2} | {row.Perplexity:F2} |\n"));
        return text.ToString();
    }

    private static string ByUnit(RefinementReport[] reports)
    {
        var (first, text) = (reports[0], new StringBuilder());
        text.Append(F($"### What is kept or left out as a whole, {first.Prompts} prompts of {first.Model} each (`{Units}*.json`)\n\n"));
        text.Append(F($"The same prompts, seed {first.Plan.Seed}; attention of the last {first.Plan.Queries} positions, every {first.Plan.LayerStep}. layer; the tasks that count, pooled. Machine: {first.Machine}.\n\n"));
        text.Append("| unit | keep ratio | ingested | exact match (95%) | change, points (95%) | token F1 |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (var report in reports)
            foreach (var row in report.Rows.Where(row => row.Task == ReportBuilder.Pooled))
                text.Append(F($"| {report.Plan.Unit.ToString().ToLowerInvariant()} | {row.Ratio} | {row.Ingested:P0} | {row.ExactMatch:P1} ({row.ExactMatchLow:P1} to {row.ExactMatchHigh:P1}) | {row.Change:F1} ({row.ChangeLow:F1} to {row.ChangeHigh:F1}) | {row.TokenF1:F2} |\n"));
        return text.ToString();
    }

    private static string Borne(RefinementReport report, TaskRow task)
    {
        if (!task.Counts) return "-";
        var rows = report.Rows.Where(row => row.RawShare == 0 && row.Selector == Selectors.Default.Name && string.Equals(row.Task, task.Task.ToString(), StringComparison.OrdinalIgnoreCase));
        return new RefinementQuality([.. rows.Select(row => new RatioQuality(row.Ratio, row.Change, row.ChangeLow, row.Prompts))]).SmallestBorne is { } ratio ? F($"{ratio}") : "none";
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
