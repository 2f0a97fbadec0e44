using PdDevice.Core.Refinement;

namespace PdDevice.Inference;

/// <summary>A prompt as tokens, and which of them its writer protected from being left out.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Protected">Positions, in any order; they may overlap.</param>
public sealed record PromptText(int[] Tokens, IReadOnlyList<TokenRange> Protected)
{
    /// <summary>Plain text; the marks of <see cref="MarkedText"/> are taken out.</summary>
    /// <exception cref="EngineException">The text cannot be expressed.</exception>
    public static PromptText Plain(ITokenizer tokenizer, string text)
    {
        var marked = MarkedText.Read(text);
        return Of(tokenizer, tokenizer.Encode(marked.Text), [marked]);
    }

    /// <summary>A conversation; the marks of <see cref="MarkedText"/> are taken out of each message.</summary>
    /// <exception cref="EngineException">The model's template is missing or unknown, or the text cannot be expressed.</exception>
    public static PromptText Chat(ITokenizer tokenizer, IReadOnlyList<ChatMessage> messages)
    {
        var marked = messages.Select(message => MarkedText.Read(message.Content)).ToArray();
        var tokens = tokenizer.EncodeChat([.. messages.Zip(marked, (message, text) => message with { Content = text.Text })]);
        return Of(tokenizer, tokens, marked);
    }

    private static PromptText Of(ITokenizer tokenizer, int[] tokens, MarkedText[] texts) =>
        new(tokens, Array.TrueForAll(texts, text => text.Spans.Count == 0) ? [] : ProtectedSpans.Marked(tokenizer.Pieces(tokens), texts));
}
