using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi;

/// <summary>
/// What the OpenAI API is mapped over: the seam between the protocol and whoever makes tokens. Its properties are read
/// per request, so routes may be mapped before a model has loaded; until then they throw
/// <see cref="CompletionRefusedException"/>, as does anything that cannot be served.
/// </summary>
public interface ICompletionBackend
{
    /// <summary>The one model served: what <c>model</c> must say and what <c>/v1/models</c> lists.</summary>
    string Model { get; }

    ITokenizer Tokenizer { get; }

    /// <summary>Positions of prompt and answer together.</summary>
    int ContextTokens { get; }

    /// <summary>Begins an answer: all its choices or none.</summary>
    /// <param name="context">The HTTP request: its key and headers.</param>
    /// <param name="request">Checked against <see cref="Tokenizer"/> and <see cref="ContextTokens"/>.</param>
    /// <param name="cancellationToken">The client left.</param>
    /// <returns>As many as <see cref="CompletionRequest.Choices"/>. The caller disposes each.</returns>
    /// <exception cref="CompletionRefusedException">It cannot be served; nothing was begun.</exception>
    ValueTask<IReadOnlyList<ICompletionChoice>> StartAsync(HttpContext context, CompletionRequest request, CancellationToken cancellationToken);
}

/// <summary>One of an answer's choices while it is made. Disposing lets it go: the backend frees its slot within a step. Disposing again does nothing.</summary>
public interface ICompletionChoice : IAsyncDisposable
{
    /// <summary>
    /// The answer's tokens as they come, at most <see cref="CompletionRequest.MaxTokens"/>; the end-of-generation token is
    /// not among them. Enumerated once. Stop sequences are the caller's matter: it disposes when one is complete.
    /// </summary>
    /// <exception cref="CompletionFailedException">The answer was cut short; what came before stays valid.</exception>
    IAsyncEnumerable<CompletionToken> Tokens(CancellationToken cancellationToken);

    /// <summary>A stop sequence ended the answer: no more tokens are wanted, and nobody gave up. Disposal follows.</summary>
    void Complete();

    /// <summary>Why <see cref="Tokens"/> ended; asked only when it ended by itself, after disposal.</summary>
    CompletionFinish Finish { get; }

    /// <summary>Prompt tokens that were not prefilled again; asked after disposal.</summary>
    int CachedTokens { get; }

    /// <summary>What <c>usage.pdd</c> says; null where there is nothing to say (the cloud). Asked once, after disposal.</summary>
    ValueTask<PddUsage?> UsageAsync(CancellationToken cancellationToken);
}

/// <summary>An answer to be made.</summary>
/// <param name="Prompt">Token ids, at least one, all in the vocabulary, fewer than the context holds.</param>
/// <param name="MaxTokens">Limit of each choice, tokens, at least 1; prompt and limit together fit the context.</param>
/// <param name="Sampling">Valid. Choice i draws with its seed + i.</param>
/// <param name="Choices">1 to 16.</param>
/// <param name="TopLogprobs">Alternatives to report with each token's logprob, 0 to 20; null when no logprobs are wanted.</param>
/// <param name="Chat">Whether it is a conversation's next message; otherwise plain text goes on.</param>
/// <param name="KeepRatio">Share of the prompt that a refined one is to keep, above 0, at most 1; null: the request does not say.</param>
/// <param name="Protected">Positions that a refined prompt keeps in any case, all in the prompt, in any order; null: none.</param>
public sealed record CompletionRequest(
    int[] Prompt, int MaxTokens, SamplingOptions Sampling, int Choices = 1, int? TopLogprobs = null, bool Chat = false,
    double? KeepRatio = null, IReadOnlyList<TokenRange>? Protected = null)
{
    /// <summary>What the answer may consist of, a grammar the tokenizer can use; null (default): anything.</summary>
    public string? Grammar { get; init; }

    /// <summary>What is asked, 1 to 64 characters, as the device's measurement of refinement names tasks; null (default): not said.</summary>
    public string? Task { get; init; }

    /// <summary>One side is to make the whole answer. Default false.</summary>
    public bool Deterministic { get; init; }

    /// <summary>How choice i draws.</summary>
    public SamplingOptions SamplingOf(int choice) => Sampling with { Seed = unchecked(Sampling.Seed + (ulong)choice) };
}

/// <summary>A token of a choice.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprobs">Null when none were asked for.</param>
public readonly record struct CompletionToken(int Id, TokenLogprobs? Logprobs = null);

/// <summary>Why a choice ended by itself.</summary>
public enum CompletionFinish
{
    /// <summary>The model ended it.</summary>
    Stop,

    /// <summary>The token limit or the context's end.</summary>
    Length,
}

/// <summary>What a device adds to <c>usage</c>, as <c>usage.pdd</c> (invariant 7): which side made the tokens and what left the device.</summary>
/// <param name="CloudTokens">Tokens of the answer the cloud made.</param>
/// <param name="DeviceTokens">Tokens of the answer the device made.</param>
/// <param name="CloudTokensUnused">Tokens the cloud decoded that are not in the answer.</param>
/// <param name="HandoverIndex">Index of the first token the device made; null when the cloud made all.</param>
/// <param name="BytesLeft">Bytes sent to the cloud.</param>
/// <param name="Refined">What the device ingested of the prompt; null: all of it.</param>
public sealed record PddUsage(
    [property: JsonPropertyName("cloudTokens")] int CloudTokens,
    [property: JsonPropertyName("deviceTokens")] int DeviceTokens,
    [property: JsonPropertyName("cloudTokensUnused")] int CloudTokensUnused,
    [property: JsonPropertyName("handoverIndex")] int? HandoverIndex,
    [property: JsonPropertyName("bytesLeft")] long BytesLeft,
    [property: JsonPropertyName("refined"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PddRefined? Refined = null);

/// <summary>What a device went on with when a refined prompt came in time.</summary>
/// <param name="Raw">Leading prompt positions it had ingested by then.</param>
/// <param name="Kept">Positions it ingested of those after.</param>
/// <param name="Ratio">Share of the raw prompt that the cloud kept.</param>
public sealed record PddRefined(
    [property: JsonPropertyName("raw")] int Raw, [property: JsonPropertyName("kept")] int Kept, [property: JsonPropertyName("ratio")] double Ratio);
