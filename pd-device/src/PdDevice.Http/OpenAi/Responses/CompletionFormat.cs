using System.Security.Cryptography;
using System.Text.Json;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>A choice that has ended.</summary>
internal sealed record ChoiceResult(string Text, IReadOnlyList<LoggedToken> Tokens, string FinishReason);

/// <summary>One of the two shapes of an answer's JSON: a chat's or a text completion's.</summary>
internal abstract class CompletionFormat(string prefix, long created, string model, bool logprobs, ITokenizer tokenizer)
{
    // What JSON can say of a probability of 0; OpenAI's.
    private const double Impossible = -9999;

    protected string Id { get; } = $"{prefix}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    protected long Created => created;

    protected string Model => model;

    /// <summary>The event that opens a choice of a stream; null where the shape has none.</summary>
    public abstract Action<Utf8JsonWriter>? Opening(int choice);

    /// <summary>An event with a piece of a choice; its last says why it ended.</summary>
    public abstract void Write(Utf8JsonWriter json, int choice, ChoicePiece piece, string? finish);

    /// <summary>The event with the usage.</summary>
    public abstract void Write(Utf8JsonWriter json, CompletionUsage usage);

    /// <summary>The whole answer.</summary>
    public abstract void Write(Utf8JsonWriter json, IReadOnlyList<ChoiceResult> results, CompletionUsage usage);

    /// <summary>What a piece says of its tokens; null where no logprobs were asked for.</summary>
    protected T? Logprobs<T>(IReadOnlyList<LoggedToken> tokens, Func<IReadOnlyList<LoggedToken>, T> make)
        where T : class => logprobs && tokens.Count > 0 ? make(tokens) : null;

    protected TokenName Name(int id) => TokenName.Of(tokenizer, id);

    protected static double Finite(double logprob) => Math.Max(logprob, Impossible);
}
