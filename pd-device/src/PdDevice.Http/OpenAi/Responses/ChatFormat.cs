using System.Text.Json;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>The JSON of <c>/v1/chat/completions</c>.</summary>
internal sealed class ChatFormat(long created, string model, bool logprobs, ITokenizer tokenizer)
    : CompletionFormat("chatcmpl", created, model, logprobs, tokenizer)
{
    private const string Role = "assistant";

    public override Action<Utf8JsonWriter> Opening(int choice) =>
        json => Write(json, new ChatChunkChoice(choice, new ChatDelta(Role, ""), null, null));

    public override void Write(Utf8JsonWriter json, int choice, ChoicePiece piece, string? finish) =>
        Write(json, new ChatChunkChoice(choice, new ChatDelta(null, piece.Text.Length > 0 ? piece.Text : null), Logprobs(piece.Tokens, Logged), finish));

    public override void Write(Utf8JsonWriter json, CompletionUsage usage) =>
        JsonSerializer.Serialize(json, Chunk([]) with { Usage = usage }, ResponseJson.Default.ChatChunk);

    public override void Write(Utf8JsonWriter json, IReadOnlyList<ChoiceResult> results, CompletionUsage usage)
    {
        var choices = results.Select((result, i) => new ChatChoice(i, new ChatReply(Role, result.Text), Logprobs(result.Tokens, Logged), result.FinishReason));
        JsonSerializer.Serialize(json, new ChatCompletion(Id, "chat.completion", Created, Model, [.. choices], usage), ResponseJson.Default.ChatCompletion);
    }

    private void Write(Utf8JsonWriter json, ChatChunkChoice choice) =>
        JsonSerializer.Serialize(json, Chunk([choice]), ResponseJson.Default.ChatChunk);

    private ChatChunk Chunk(IReadOnlyList<ChatChunkChoice> choices) => new(Id, "chat.completion.chunk", Created, Model, choices);

    private ChatLogprobs Logged(IReadOnlyList<LoggedToken> tokens) => new([.. tokens.Select(token =>
    {
        var name = Name(token.Id);
        return new ChatLogprob(name.Text, Finite(token.Logprobs.Chosen), name.Bytes, [.. token.Logprobs.Top.Select(top =>
        {
            var other = Name(top.Id);
            return new ChatAlternative(other.Text, Finite(top.Logprob), other.Bytes);
        })]);
    })]);
}
