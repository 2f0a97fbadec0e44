using System.Text.Json.Serialization;

namespace PdDevice.Http.OpenAi.Responses;

internal sealed record ChatCompletion(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, CompletionUsage Usage);

internal sealed record ChatChoice(int Index, ChatReply Message, ChatLogprobs? Logprobs, string FinishReason);

internal sealed record ChatReply(string Role, string Content, string? Refusal = null);

internal sealed record ChatChunk(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionUsage? Usage { get; init; }
}

internal sealed record ChatChunkChoice(int Index, ChatDelta Delta, ChatLogprobs? Logprobs, string? FinishReason);

internal sealed record ChatDelta(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content);

internal sealed record ChatLogprobs(IReadOnlyList<ChatLogprob> Content, IReadOnlyList<ChatLogprob>? Refusal = null);

internal sealed record ChatLogprob(string Token, double Logprob, int[]? Bytes, IReadOnlyList<ChatAlternative> TopLogprobs);

internal sealed record ChatAlternative(string Token, double Logprob, int[]? Bytes);

/// <summary>A text completion, whole or as one event of a stream.</summary>
internal sealed record TextCompletion(string Id, string Object, long Created, string Model, IReadOnlyList<TextChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionUsage? Usage { get; init; }
}

internal sealed record TextChoice(int Index, string Text, TextLogprobs? Logprobs, string? FinishReason);

internal sealed record TextLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, double>> TopLogprobs, IReadOnlyList<int> TextOffset);

internal sealed record CompletionUsage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PddUsage? Pdd { get; init; }
}

internal sealed record PromptTokensDetails(int CachedTokens);

internal sealed record ModelList(string Object, IReadOnlyList<ModelCard> Data);

/// <summary>A model; the last field, vLLM's, is how many positions prompt and answer have together.</summary>
internal sealed record ModelCard(string Id, string Object, long Created, string OwnedBy, int MaxModelLen);

internal sealed record ErrorBody(ErrorObject Error);

internal sealed record ErrorObject(string Message, string Type, string? Param, string Code);

/// <summary>OpenAI's names, snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(TextCompletion))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ResponseJson : JsonSerializerContext;
