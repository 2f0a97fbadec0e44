using PdDevice.Evaluation.Tasks;

namespace PdDevice.Evaluation.Runs;

/// <summary>One prompt, answered unrefined and in every variant: a line of the journal.</summary>
/// <param name="Key">Of the run; see <see cref="EvalPlan.Key"/>.</param>
/// <param name="Number">The prompt's.</param>
/// <param name="Task">What it asks.</param>
/// <param name="Depth">Where its fact stands, 0 to 1; null where there is no one place.</param>
/// <param name="PromptTokens">N, of the raw prompt.</param>
/// <param name="AnswerTokens">Of the unrefined answer, its end included.</param>
/// <param name="Correct">Whether the unrefined answer is right.</param>
/// <param name="Nats">What the unrefined answer costs under the raw prompt: its negative log-likelihood, natural logarithm.</param>
/// <param name="Answer">The unrefined answer, as text.</param>
/// <param name="Variants">Each selector, ratio and raw share.</param>
public sealed record PromptResult(
    string Key, int Number, EvalTask Task, double? Depth, int PromptTokens, int AnswerTokens, bool Correct, double Nats, string Answer, IReadOnlyList<VariantResult> Variants);

/// <summary>The same question after a shorter prompt.</summary>
/// <param name="Selector">Which.</param>
/// <param name="Ratio">Keep ratio asked for.</param>
/// <param name="RawShare">m/N.</param>
/// <param name="Ingested">Positions the device ingested: the raw first ones and what was kept of the rest.</param>
/// <param name="Correct">Whether the answer is right.</param>
/// <param name="Prefix">Share of the unrefined answer before the first difference.</param>
/// <param name="F1">Of the tokens, against the unrefined answer.</param>
/// <param name="Nats">Negative log-likelihood of the unrefined answer under this prompt.</param>
public sealed record VariantResult(string Selector, double Ratio, double RawShare, int Ingested, bool Correct, double Prefix, double F1, double Nats);
