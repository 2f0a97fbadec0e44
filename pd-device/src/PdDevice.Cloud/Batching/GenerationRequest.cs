using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Batching;

/// <summary>Tokens to be generated, for an assist of a device or for a plain client. Checked before it gets here.</summary>
/// <param name="Owner">Id of the key that asked; empty where no keys are configured. Bounds whose KV may be reused.</param>
/// <param name="Prompt">Prompt token ids, at least one.</param>
/// <param name="Sampling">How tokens are drawn.</param>
/// <param name="MaxTokens">Tokens to generate at most, at least 1; an assist's lease.</param>
public sealed record GenerationRequest(string Owner, int[] Prompt, SamplingOptions Sampling, int MaxTokens)
{
    /// <summary>Ids generated before, in index order: generation goes on at their count. Default none.</summary>
    public int[] Committed { get; init; } = [];

    /// <summary>Display period of the device; zero (default) where tokens are shown as they come.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>When the device could go on alone, from now; null (default) where nobody could.</summary>
    public TimeSpan? ReadyIn { get; init; }

    /// <summary>Alternatives to report with each token's logprob, 0 to 20; null (default) when no logprobs are wanted.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>What it may consist of, a grammar the engine's tokenizer can use; null (default): anything.</summary>
    public string? Grammar { get; init; }

    /// <summary>Whether a device asks, that is, <see cref="MaxTokens"/> is a lease.</summary>
    public bool IsAssist { get; init; }

    /// <summary>The refined prompt that is wished for; null (default) where none is, or nothing could be refined.</summary>
    public RefineWish? Refine { get; init; }

    /// <summary>What a trace calls it, in the GenAI conventions' words: <c>text_completion</c> (default) or <c>chat</c>.</summary>
    public string Operation { get; init; } = "text_completion";

    /// <summary>Positions it may need in all.</summary>
    public int Positions => Prompt.Length + Committed.Length + MaxTokens;
}
