namespace PdDevice.Core.Sampling;

/// <summary>How a token is drawn from logits. The defaults are greedy: always the best token.</summary>
public sealed record SamplingOptions
{
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>0 (default): the best token. Otherwise logits are divided by it. Range 0 to 10.</summary>
    public double Temperature { get; init; }

    /// <summary>Keep the k best tokens; 0 (default) keeps all. Range 0 to 1,000,000.</summary>
    public int TopK { get; init; }

    /// <summary>Keep the smallest set of best tokens whose probabilities reach this; 1 (default) keeps all. Range above 0 to 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keep tokens at least this many times as likely as the best; 0 (default) keeps all. Range 0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens in prompt or answer; 1 (default) is off. Range above 0 to 10.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted per occurrence in the answer; 0 (default) is off. Range -2 to 2.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Subtracted once if in the answer; 0 (default) is off. Range -2 to 2.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Keys the noise together with index and token id. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Hold back end-of-generation tokens, so the answer runs to its token limit. Default false.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    /// <summary>The first field out of range, as a message that names it; null when all are fine.</summary>
    public string? Validate() =>
        Temperature is not (>= 0 and <= 10) ? "temperature must be 0 to 10"
        : TopK is not (>= 0 and <= 1_000_000) ? "topK must be 0 to 1000000"
        : TopP is not (> 0 and <= 1) ? "topP must be above 0 and at most 1"
        : MinP is not (>= 0 and <= 1) ? "minP must be 0 to 1"
        : RepetitionPenalty is not (> 0 and <= 10) ? "repetitionPenalty must be above 0 and at most 10"
        : FrequencyPenalty is not (>= -2 and <= 2) ? "frequencyPenalty must be -2 to 2"
        : PresencePenalty is not (>= -2 and <= 2) ? "presencePenalty must be -2 to 2"
        : null;
}
