using System.Text;

namespace PdDevice.Core.Ledger;

/// <summary>
/// Turns the ledger's token bytes into text as they come. A token may end inside a character: those bytes are held back
/// until the character is complete. Bytes that can never become UTF-8 give U+FFFD, as <see cref="Decoder"/> does. A
/// function of the bytes so far: rebuilt at any index it goes on with the same text.
/// </summary>
public sealed class LedgerText
{
    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();

    /// <summary>The text this token completes; empty while a character is incomplete.</summary>
    public string Append(ReadOnlySpan<byte> tokenBytes) => Decode(tokenBytes, flush: false);

    /// <summary>What is left at the end of the answer: U+FFFD for a character that was never completed, else empty.</summary>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var length = _decoder.GetCharCount(bytes, flush);
        if (length == 0 && bytes.IsEmpty) return "";
        Span<char> text = length <= 256 ? stackalloc char[length] : new char[length];
        return new string(text[.._decoder.GetChars(bytes, text, flush)]);
    }
}
