using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Device.Answers;

/// <summary>What an answer is made from.</summary>
public sealed record AnswerRequest
{
    /// <summary>Prompt token ids, at least one.</summary>
    public required int[] Prompt { get; init; }

    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Limit of the answer, tokens, at least 1. Default 512.</summary>
    public int MaxTokens { get; init; } = 512;

    /// <summary>Asks for this lease, as far as the cloud's limits go, however late it may come, and for no continuation; null (default) plans.</summary>
    public int? Lease { get; init; }

    /// <summary>Alternatives to report with each token's logprob, 0 to 20; null (default) when none are wanted. Only without a cloud: its tokens carry none.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>What the answer may consist of, a grammar the engine's tokenizer can use; null (default): anything. Only without a cloud.</summary>
    public string? Grammar { get; init; }

    /// <summary>Start with an empty device, whatever it holds of conversations. Default false.</summary>
    public bool Cold { get; init; }

    /// <summary>Accept a cloud with other weights and the same tokenizer. Default false.</summary>
    public bool AllowCompatible { get; init; }

    /// <summary>Whether this answer may use the cloud; null (default): as the device is set. A device set to off stays off.</summary>
    public CloudMode? Mode { get; init; }

    /// <summary>Asks for a refined prompt that keeps this share, above 0; 1 or more asks for none. Null (default): as the device is set.</summary>
    public double? KeepRatio { get; init; }

    /// <summary>
    /// What is asked, by a task's name of the device's measurement: then the prompt keeps the smallest ratio which that task
    /// bears, and is not refined where it bears none or the device has no measurement. Null (default): not said. Without
    /// weight beside <see cref="KeepRatio"/>.
    /// </summary>
    public string? Task { get; init; }

    /// <summary>Positions of the prompt that a refined one keeps in any case, in any order; null (default): none beyond the usual.</summary>
    public IReadOnlyList<TokenRange>? Protected { get; init; }

    /// <summary>What a cloud is asked for it: a lease from index 0 on, by a device with this model.</summary>
    internal AssistRequest ToAssist(ModelIdentity mine, int lease) => new()
    {
        TokenizerFingerprint = mine.TokenizerFingerprint,
        WeightsFingerprint = mine.WeightsFingerprint,
        AllowCompatible = AllowCompatible,
        Model = mine.Model,
        Prompt = Prompt,
        Sampling = Sampling,
        Lease = lease,
    };

    /// <exception cref="AnswerException">The request cannot be answered within a context of this many positions.</exception>
    internal void Check(int contextTokens)
    {
        if (Prompt.Length == 0)
            throw new AnswerException(AnswerError.EmptyPrompt, "The prompt is empty. Ask something.");
        if (Prompt.Length >= contextTokens)
            throw new AnswerException(AnswerError.PromptTooLong, $"The prompt has {Prompt.Length} tokens; the context holds {contextTokens}, the answer included. Shorten the prompt.");
        if (MaxTokens < 1 || Lease < 1)
            throw new AnswerException(AnswerError.BadRequest, "Ask for at least one token.");
        if (TopLogprobs is < 0 or > TokenLogprobs.MaxTop)
            throw new AnswerException(AnswerError.BadRequest, $"Ask for 0 to {TokenLogprobs.MaxTop} alternatives.");
        if (KeepRatio is { } ratio && !(ratio > 0))
            throw new AnswerException(AnswerError.BadRequest, "The keep ratio must be above 0.");
        if (Protected?.Any(span => span.Start < 0 || span.Count < 1 || span.Start > Prompt.Length - span.Count) == true)
            throw new AnswerException(AnswerError.BadRequest, "A protected span is not inside the prompt.");
        if (Sampling.Validate() is { } problem)
            throw new AnswerException(AnswerError.BadRequest, problem);
    }
}

/// <summary>A token as it is released to the person.</summary>
/// <param name="Index">Its index in the answer.</param>
/// <param name="Id">Token id.</param>
/// <param name="Source">Which side made it.</param>
/// <param name="Text">The text it completes; empty while a character is incomplete.</param>
/// <param name="At">When it was released, since the answer began.</param>
/// <param name="Logprobs">Null when none were asked for.</param>
public readonly record struct ShownToken(int Index, int Id, TokenSource Source, string Text, TimeSpan At, TokenLogprobs? Logprobs = null);

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop sequence did.</summary>
    Stop,

    /// <summary>The token limit or the context's end.</summary>
    Length,
}

/// <summary>What a device made its KV from when a refined prompt came in time.</summary>
/// <param name="Raw">m: leading positions it had ingested by then, the chunk in flight included; they stay.</param>
/// <param name="Kept">W: positions it kept of those after m.</param>
/// <param name="Ratio">Share of the raw prompt that the cloud kept, above 0, at most 1.</param>
/// <param name="AtMs">s: when it came, ms since the answer began.</param>
public sealed record RefinedPrompt(int Raw, int Kept, double Ratio, double AtMs);

/// <summary>What an answer took, told after its last token (invariant 7).</summary>
public sealed record AnswerUsage
{
    public required FinishReason Finish { get; init; }

    public required int PromptTokens { get; init; }

    public required int CloudTokens { get; init; }

    public required int DeviceTokens { get; init; }

    /// <summary>Tokens the cloud decoded that are not in the answer; where the cloud could no longer tell, those that arrived.</summary>
    public required int CloudTokensUnused { get; init; }

    /// <summary>Index of the first token the device made; null when the cloud made all.</summary>
    public required int? HandoverIndex { get; init; }

    /// <summary>Bytes sent to the cloud for this answer.</summary>
    public required long BytesLeft { get; init; }

    /// <summary>Cloud slot time this answer used, ms, as the cloud reported it; null when the cloud could no longer tell.</summary>
    public required double? OccupancyMs { get; init; }

    /// <summary>Assists asked for: 0 without the cloud, 2 and more with continuations.</summary>
    public required int Assists { get; init; }

    /// <summary>Whether tokens came from a cloud with other weights than the device's, as the user allowed.</summary>
    public bool Compatible { get; init; }

    /// <summary>When the device had ingested all that was known and took over, since the answer began; null: it did not.</summary>
    public TimeSpan? CaughtUp { get; init; }

    /// <summary>The refined prompt the device went on with; null: it ingested the raw one.</summary>
    public RefinedPrompt? Refined { get; init; }

    /// <summary>The plan; null where no cloud is configured or allowed, or none could be asked.</summary>
    public AssistPlan? Plan { get; init; }

    /// <summary>Why the cloud was not used to the end of its lease, one sentence; null when all went well.</summary>
    public string? CloudTrouble { get; init; }

    /// <summary>Where the answer failed and went on, in order; empty when all went well.</summary>
    public IReadOnlyList<FailurePlace> Failures { get; init; } = [];
}
