using System.Security.Cryptography;
using System.Text.Json;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Evaluation.Runs;

/// <summary>What is tried on every prompt. Two runs of equal plans over the same models can be continued one by the other.</summary>
/// <param name="Tasks">In turn; a task named twice comes twice as often.</param>
/// <param name="Selectors">By name, as <see cref="Core.Refinement.Selectors"/> knows them.</param>
/// <param name="Ratios">Keep ratios, above 0, below 1.</param>
/// <param name="RawShares">m/N of the hybrids: the share of the prompt ingested raw before the refined prompt comes; 0 to below 1.</param>
/// <param name="LeastTokens">Tokens of a document, about.</param>
/// <param name="MostTokens">At most so many, about.</param>
/// <param name="Seed">Of prompts and of the random selector.</param>
/// <param name="Queries">Last queries whose attention is averaged, at least 1.</param>
/// <param name="LayerStep">Every so many-th layer is captured, at least 1.</param>
/// <param name="Unit">What is kept or left out as a whole.</param>
/// <param name="Texts">Fingerprint of the foreign texts; null: none.</param>
public sealed record EvalPlan(
    IReadOnlyList<EvalTask> Tasks,
    IReadOnlyList<string> Selectors,
    IReadOnlyList<double> Ratios,
    IReadOnlyList<double> RawShares,
    int LeastTokens,
    int MostTokens,
    int Seed,
    int Queries,
    int LayerStep,
    UnitKind Unit,
    string? Texts)
{
    // Raised when the same plan makes other prompts or counts otherwise: old journals are then left alone.
    private const int Version = 1;

    /// <summary>Of this plan with these weights: what a journal's lines carry.</summary>
    /// <param name="device">Weights fingerprint of the model that answers.</param>
    /// <param name="cloud">Of the model whose attention selects.</param>
    public string Key(string device, string cloud)
    {
        var plan = JsonSerializer.Serialize(this, JournalJson.Default.EvalPlan);
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{Version}|{device}|{cloud}|{plan}")))[..16];
    }
}
