using System.Text.Json;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>The JSON of <c>/v1/completions</c>.</summary>
internal sealed class TextFormat(long created, string model, bool logprobs, ITokenizer tokenizer)
    : CompletionFormat("cmpl", created, model, logprobs, tokenizer)
{
    public override Action<Utf8JsonWriter>? Opening(int choice) => null;

    public override void Write(Utf8JsonWriter json, int choice, ChoicePiece piece, string? finish) =>
        Write(json, [new TextChoice(choice, piece.Text, Logprobs(piece.Tokens, Logged), finish)], null);

    public override void Write(Utf8JsonWriter json, CompletionUsage usage) => Write(json, [], usage);

    public override void Write(Utf8JsonWriter json, IReadOnlyList<ChoiceResult> results, CompletionUsage usage) =>
        Write(json, [.. results.Select((result, i) => new TextChoice(i, result.Text, Logprobs(result.Tokens, Logged), result.FinishReason))], usage);

    private void Write(Utf8JsonWriter json, IReadOnlyList<TextChoice> choices, CompletionUsage? usage) =>
        JsonSerializer.Serialize(json, new TextCompletion(Id, "text_completion", Created, Model, choices) { Usage = usage }, ResponseJson.Default.TextCompletion);

    private TextLogprobs Logged(IReadOnlyList<LoggedToken> tokens) => new(
        [.. tokens.Select(token => Name(token.Id).Text)],
        [.. tokens.Select(token => Finite(token.Logprobs.Chosen))],
        [.. tokens.Select(Alternatives)],
        [.. tokens.Select(token => token.Offset)]);

    /// <summary>The likeliest and the one drawn, as OpenAI has it. Of tokens that look the same the likelier one is kept.</summary>
    private Dictionary<string, double> Alternatives(LoggedToken token)
    {
        var alternatives = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var top in token.Logprobs.Top) alternatives.TryAdd(Name(top.Id).Text, Finite(top.Logprob));
        alternatives.TryAdd(Name(token.Id).Text, Finite(token.Logprobs.Chosen));
        return alternatives;
    }
}
