using PdDevice.Core.Ledger;
using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>A token of the answer with its logprobs.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprobs">Its own and the likeliest.</param>
/// <param name="Offset">Where in the answer its text begins, characters (Unicode code points).</param>
internal readonly record struct LoggedToken(int Id, TokenLogprobs Logprobs, int Offset);

/// <summary>What is released at once: text, and the tokens whose text is now wholly released (none where no logprobs were asked for).</summary>
internal readonly record struct ChoicePiece(string Text, IReadOnlyList<LoggedToken> Tokens)
{
    public bool IsEmpty => Text.Length == 0 && Tokens.Count == 0;
}

/// <summary>
/// From a choice's tokens to what its client sees: characters that are not complete and text that may begin a stop sequence
/// are held back, and a token's logprobs come with the end of its text. Of what a stop sequence cuts off nothing is shown.
/// A function of the tokens so far (invariant 4).
/// </summary>
/// <param name="tokenizer">Of the model.</param>
/// <param name="stops">Stop sequences.</param>
/// <param name="minTokens">Text that the first so many tokens complete is not searched for them.</param>
internal sealed class ChoiceText(ITokenizer tokenizer, IReadOnlyList<string> stops, int minTokens)
{
    private readonly LedgerText _text = new();
    private readonly StopMatcher _stop = new(stops);
    private readonly List<Pending> _pending = [];
    private int _decoded;
    private int _characters;
    private int _shown;

    /// <summary>A token whose text is not wholly released. Places count UTF-16 units; the end is not known while a character is incomplete.</summary>
    private readonly record struct Pending(LoggedToken Token, int Start, int? End);

    /// <summary>Tokens so far, whether or not their text is shown.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a stop sequence is complete; nothing follows.</summary>
    public bool Stopped => _stop.Matched;

    public ChoicePiece Append(CompletionToken token)
    {
        if (token.Logprobs is { } logprobs) _pending.Add(new Pending(new LoggedToken(token.Id, logprobs, _characters), _decoded, null));
        Count++;
        var text = _text.Append(tokenizer.Bytes(token.Id).Span);
        if (text.Length > 0) Decoded(text);
        return Release(Search(text));
    }

    /// <summary>What is left when the choice has ended by itself.</summary>
    public ChoicePiece End()
    {
        var text = _text.Flush();
        Decoded(text);
        return Release(Search(text) + _stop.Flush());
    }

    private string Search(string text) => Count <= minTokens ? text : _stop.Append(text);

    private void Decoded(string text)
    {
        _decoded += text.Length;
        for (var i = _pending.Count - 1; i >= 0 && _pending[i].End is null; i--) _pending[i] = _pending[i] with { End = _decoded };
        if (_pending.Count > 0) _characters += text.EnumerateRunes().Count();
    }

    private ChoicePiece Release(string text)
    {
        _shown += text.Length;
        if (_pending.Count == 0) return new ChoicePiece(text, []);
        var count = _pending.TakeWhile(pending => Stopped ? pending.Start < _shown : pending.End <= _shown).Count();
        LoggedToken[] tokens = [.. _pending.Take(count).Select(pending => pending.Token)];
        _pending.RemoveRange(0, Stopped ? _pending.Count : count);
        return new ChoicePiece(text, tokens);
    }
}
