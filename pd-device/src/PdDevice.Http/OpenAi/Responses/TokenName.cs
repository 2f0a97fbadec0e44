using System.Text;
using System.Text.Unicode;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>How a token is shown among logprobs, so that different tokens look different.</summary>
/// <param name="Text">Its text; <c>bytes:\xf0\x9f</c> where it is a part of a character, <c>token_id:2</c> where it has no text.</param>
/// <param name="Bytes">Its UTF-8 bytes, 0 to 255 each; null where it has none.</param>
internal readonly record struct TokenName(string Text, int[]? Bytes)
{
    public static TokenName Of(ITokenizer tokenizer, int id)
    {
        var bytes = tokenizer.Bytes(id).Span;
        if (bytes.IsEmpty) return new TokenName($"token_id:{id}", null);
        var numbers = new int[bytes.Length];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = bytes[i];
        var text = Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "bytes:" + string.Concat(numbers.Select(b => $"\\x{b:x2}"));
        return new TokenName(text, numbers);
    }
}
