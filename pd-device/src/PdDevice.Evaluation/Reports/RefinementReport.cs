using PdDevice.Evaluation.Runs;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Evaluation.Reports;

/// <summary>What <c>pdd eval refinement --json</c> writes.</summary>
/// <param name="Machine">Where it ran.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="WeightsFingerprint">Its.</param>
/// <param name="CloudModel">The model whose attention selected; null: the same.</param>
/// <param name="CloudWeightsFingerprint">Its; null: the same.</param>
/// <param name="TextsFolder">Where foreign texts came from; null: none.</param>
/// <param name="Plan">What was tried.</param>
/// <param name="Prompts">How many.</param>
/// <param name="MeanPromptTokens">Of the raw prompts.</param>
/// <param name="Notes">How to read the rows.</param>
/// <param name="DefaultRatio">The smallest ratio that the window selector bears without a raw share, by <see cref="Core.Refinement.RefinementQuality"/>; null: none, so the planner does not refine.</param>
/// <param name="Tasks">Each task unrefined.</param>
/// <param name="Rows">Each variant over each task, and <c>all</c>: over the tasks that count, together.</param>
/// <param name="Depths">The tasks that ask for one fact, by where it stands: thirds of the document.</param>
public sealed record RefinementReport(
    string Machine,
    string Model,
    string WeightsFingerprint,
    string? CloudModel,
    string? CloudWeightsFingerprint,
    string? TextsFolder,
    EvalPlan Plan,
    int Prompts,
    double MeanPromptTokens,
    IReadOnlyList<string> Notes,
    double? DefaultRatio,
    IReadOnlyList<TaskRow> Tasks,
    IReadOnlyList<QualityRow> Rows,
    IReadOnlyList<QualityRow> Depths);

/// <summary>A task, answered after the raw prompt.</summary>
/// <param name="Task">Which.</param>
/// <param name="Prompts">How many.</param>
/// <param name="Unrefined">Share answered right.</param>
/// <param name="Counts">Whether that is at least <see cref="ReportBuilder.LeastUnrefined"/>: a task the model cannot do says nothing about refinement.</param>
/// <param name="Perplexity">Of the unrefined answers under the raw prompt.</param>
public sealed record TaskRow(EvalTask Task, int Prompts, double Unrefined, bool Counts, double Perplexity);

/// <summary>One variant over one task.</summary>
/// <param name="Selector">By name.</param>
/// <param name="Ratio">Keep ratio asked for.</param>
/// <param name="RawShare">m/N.</param>
/// <param name="Task">A task's name; <c>all</c>: those that count.</param>
/// <param name="Prompts">Pairs.</param>
/// <param name="ExactMatch">Share right, 0 to 1.</param>
/// <param name="ExactMatchLow">Wilson's 95% interval, lower end.</param>
/// <param name="ExactMatchHigh">Upper end.</param>
/// <param name="Unrefined">Share of the same prompts right unrefined.</param>
/// <param name="Change">Points of exact match against unrefined, paired; negative: lost.</param>
/// <param name="ChangeLow">Newcombe's 95% interval, lower end, points.</param>
/// <param name="ChangeHigh">Upper end.</param>
/// <param name="Counts">Whether unrefined is at least 60%.</param>
/// <param name="Ingested">Mean share of the raw prompt's positions that the device ingested.</param>
/// <param name="GreedyPrefix">Mean share of the unrefined answer before the first difference.</param>
/// <param name="TokenF1">Mean, against the unrefined answer.</param>
/// <param name="Perplexity">Of the unrefined answers under the refined prompts, over all their tokens.</param>
public sealed record QualityRow(
    string Selector,
    double Ratio,
    double RawShare,
    string Task,
    int Prompts,
    double ExactMatch,
    double ExactMatchLow,
    double ExactMatchHigh,
    double Unrefined,
    double Change,
    double ChangeLow,
    double ChangeHigh,
    bool Counts,
    double Ingested,
    double GreedyPrefix,
    double TokenF1,
    double Perplexity);
