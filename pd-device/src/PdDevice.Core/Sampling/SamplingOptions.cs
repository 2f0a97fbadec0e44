namespace PdDevice.Core.Sampling;

/// <summary>How a token is drawn from logits. The defaults are greedy: always the best token.</summary>
/// <param name="Temperature">0 (default): the best token. Otherwise logits are divided by it. Range 0 to 10.</param>
/// <param name="TopK">Keep the k best tokens; 0 (default) keeps all. Range 0 to 1,000,000.</param>
/// <param name="TopP">Keep the smallest set of best tokens whose probabilities reach this; 1 (default) keeps all. Range above 0 to 1.</param>
/// <param name="MinP">Keep tokens at least this many times as likely as the best; 0 (default) keeps all. Range 0 to 1.</param>
/// <param name="RepetitionPenalty">Divides positive and multiplies negative logits of tokens in prompt or answer; 1 (default) is off. Range above 0 to 10.</param>
/// <param name="FrequencyPenalty">Subtracted per occurrence in the answer; 0 (default) is off. Range -2 to 2.</param>
/// <param name="PresencePenalty">Subtracted once if in the answer; 0 (default) is off. Range -2 to 2.</param>
/// <param name="Seed">Keys the noise together with index and token id. Default 0.</param>
/// <param name="IgnoreEndOfGeneration">Hold back end-of-generation tokens, so the answer runs to its token limit. Default false.</param>
/// <param name="MinTokens">Hold back end-of-generation tokens at answer indexes below it; 0 (default) at none. Range 0 to 1,000,000.</param>
/// <remarks>Constructor parameters, not init properties: generated JSON code gives a parameter that is not sent its default.</remarks>
public sealed record SamplingOptions(
    double Temperature = 0, int TopK = 0, double TopP = 1, double MinP = 0, double RepetitionPenalty = 1,
    double FrequencyPenalty = 0, double PresencePenalty = 0, ulong Seed = 0, bool IgnoreEndOfGeneration = false,
    int MinTokens = 0)
{
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>The first field out of range, as a message that names it; null when all are fine.</summary>
    public string? Validate() =>
        Temperature is not (>= 0 and <= 10) ? "temperature must be 0 to 10"
        : TopK is not (>= 0 and <= 1_000_000) ? "topK must be 0 to 1000000"
        : TopP is not (> 0 and <= 1) ? "topP must be above 0 and at most 1"
        : MinP is not (>= 0 and <= 1) ? "minP must be 0 to 1"
        : RepetitionPenalty is not (> 0 and <= 10) ? "repetitionPenalty must be above 0 and at most 10"
        : FrequencyPenalty is not (>= -2 and <= 2) ? "frequencyPenalty must be -2 to 2"
        : PresencePenalty is not (>= -2 and <= 2) ? "presencePenalty must be -2 to 2"
        : MinTokens is not (>= 0 and <= 1_000_000) ? "minTokens must be 0 to 1000000"
        : null;
}
