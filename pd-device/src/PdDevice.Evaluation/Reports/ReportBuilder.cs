using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Evaluation.Runs;
using PdDevice.Evaluation.Scoring;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Evaluation.Reports;

/// <summary>From the journal's results to rows.</summary>
public static class ReportBuilder
{
    /// <summary>A row counts only where at least this share is right unrefined.</summary>
    public const double LeastUnrefined = .6;

    /// <summary>The pooled task's name.</summary>
    public const string Pooled = "all";

    private const int Thirds = 3;

    /// <summary>What the rows mean, beside the page.</summary>
    public static IReadOnlyList<string> Notes { get; } =
    [
        "exactMatch: the share of answers that state every value asked for, with Wilson's 95% interval; greedy decoding.",
        "change: points of exactMatch against the same prompts unrefined, with Newcombe's 95% interval of a paired difference (method 10).",
        "A row counts where at least 60% are right unrefined; the task 'all' pools the prompts of the tasks that count.",
        "rawShare: the device had ingested that share of the raw prompt when the refined one came, and keeps it.",
    ];

    /// <summary>The whole report.</summary>
    /// <param name="machine">Where it was measured.</param>
    /// <param name="device">The model that answered.</param>
    /// <param name="cloud">The one whose attention selected; null: the same.</param>
    /// <param name="textsFolder">Where foreign texts came from; null: none.</param>
    /// <param name="plan">What was tried.</param>
    /// <param name="results">Of that plan, at least one.</param>
    /// <param name="notes">What is to be known of this run beside <see cref="Notes"/>.</param>
    public static RefinementReport Report(
        string machine, ModelIdentity device, ModelIdentity? cloud, string? textsFolder, EvalPlan plan, IReadOnlyList<PromptResult> results, IReadOnlyList<string> notes)
    {
        var rows = Rows(results);
        return new RefinementReport(
            machine, device.Model, device.WeightsFingerprint, cloud?.Model, cloud?.WeightsFingerprint, textsFolder, plan, results.Count,
            results.Average(result => result.PromptTokens), [.. Notes, .. notes], Quality(rows).SmallestBorne, Tasks(results), rows, Depths(results));
    }

    /// <summary>Each task unrefined.</summary>
    public static IReadOnlyList<TaskRow> Tasks(IReadOnlyList<PromptResult> results) =>
    [
        .. results.GroupBy(result => result.Task).OrderBy(group => group.Key).Select(group =>
        {
            var right = (double)group.Count(result => result.Correct) / group.Count();
            return new TaskRow(group.Key, group.Count(), right, right >= LeastUnrefined, Math.Exp(group.Sum(r => r.Nats) / group.Sum(r => r.AnswerTokens)));
        }),
    ];

    /// <summary>Every variant over every task, and pooled.</summary>
    public static IReadOnlyList<QualityRow> Rows(IReadOnlyList<PromptResult> results)
    {
        var counting = Tasks(results).Where(task => task.Counts).Select(task => task.Task).ToHashSet();
        return
        [
            .. Of(Pooled, [.. results.Where(result => counting.Count == 0 || counting.Contains(result.Task))]),
            .. results.GroupBy(result => result.Task).OrderBy(group => group.Key).SelectMany(group => Of(Name(group.Key), [.. group])),
        ];
    }

    /// <summary>Every variant over the tasks that ask for one fact, by the third of the document it stands in.</summary>
    public static IReadOnlyList<QualityRow> Depths(IReadOnlyList<PromptResult> results) =>
    [
        .. results.Where(result => result.Task == EvalTask.Needle && result.Depth is not null)
            .GroupBy(result => Math.Min(Thirds - 1, (int)(result.Depth!.Value * Thirds))).OrderBy(group => group.Key)
            .SelectMany(group => Of($"{Name(EvalTask.Needle)} in third {group.Key + 1}", [.. group])),
    ];

    /// <summary>The window selector without a raw share, over the tasks that count and of each task: what a ratio is chosen by.</summary>
    public static RefinementQuality Quality(IEnumerable<QualityRow> rows)
    {
        var tasks = rows.Where(row => row.RawShare == 0 && row.Selector == Selectors.Default.Name).ToLookup(row => row.Task);
        return new RefinementQuality(Ratios(tasks[Pooled]), tasks.Where(task => task.Key != Pooled).ToDictionary(task => task.Key, task => new RefinementQuality(Ratios(task))));

        static RatioQuality[] Ratios(IEnumerable<QualityRow> rows) => [.. rows.Where(row => row.Counts).Select(row => new RatioQuality(row.Ratio, row.Change, row.ChangeLow, row.Prompts))];
    }

    private static string Name(EvalTask task) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(task.ToString());

    private static IEnumerable<QualityRow> Of(string task, IReadOnlyList<PromptResult> results) =>
        results.SelectMany(result => result.Variants.Select(variant => (Raw: result, Variant: variant)))
            .GroupBy(pair => (pair.Variant.RawShare, pair.Variant.Selector, pair.Variant.Ratio))
            .OrderBy(group => group.Key.RawShare).ThenBy(group => group.Key.Ratio)
            .Select(group => Row(task, group.Key.Selector, group.Key.Ratio, group.Key.RawShare, [.. group]));

    private static QualityRow Row(string task, string selector, double ratio, double rawShare, (PromptResult Raw, VariantResult Variant)[] pairs)
    {
        var both = pairs.Count(pair => pair.Raw.Correct && pair.Variant.Correct);
        var (raw, refined) = (pairs.Count(pair => pair.Raw.Correct), pairs.Count(pair => pair.Variant.Correct));
        var right = Intervals.Wilson(refined, pairs.Length);
        var change = Intervals.PairedChange(both, raw - both, refined - both, pairs.Length - raw - refined + both);
        var unrefined = (double)raw / pairs.Length;
        return new QualityRow(
            selector, ratio, rawShare, task, pairs.Length, right.Value, right.Low, right.High, unrefined, 100 * change.Value, 100 * change.Low, 100 * change.High,
            unrefined >= LeastUnrefined,
            pairs.Average(pair => (double)pair.Variant.Ingested / pair.Raw.PromptTokens),
            pairs.Average(pair => pair.Variant.Prefix),
            pairs.Average(pair => pair.Variant.F1),
            Math.Exp(pairs.Sum(pair => pair.Variant.Nats) / pairs.Sum(pair => pair.Raw.AnswerTokens)));
    }
}
