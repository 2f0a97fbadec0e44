using System.Text;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Which texts a vocabulary can express. llama.cpp drops what a byte-pair vocabulary lacks without a word, and ends the
/// process over what a SentencePiece vocabulary without byte fallback lacks; so the text is checked before either happens.
/// </summary>
internal sealed class ByteCoverage
{
    private readonly bool[] _hasByte = new bool[256];
    private readonly bool _hasAllBytes;
    private readonly HashSet<Rune> _runes = [];

    /// <param name="texts">The texts of all vocabulary entries.</param>
    /// <param name="byteLevel">Whether bytes are spelled as GPT-2's stand-in characters (else as &lt;0xNN&gt;).</param>
    /// <param name="strictlyByteLevel">Whether &lt;0xNN&gt; entries are of no use.</param>
    public ByteCoverage(IEnumerable<string> texts, bool byteLevel, bool strictlyByteLevel)
    {
        var standIns = byteLevel ? StandIns() : [];
        foreach (var text in texts)
        {
            if (text.Length is 1 or 2 && Rune.TryGetRuneAt(text, 0, out var rune) && rune.Utf16SequenceLength == text.Length)
            {
                if (!byteLevel) _runes.Add(rune);
                else if (standIns.TryGetValue(rune.Value, out var b)) _hasByte[b] = true;
            }
            else if (!strictlyByteLevel && ByteEntry(text) is { } b)
            {
                _hasByte[b] = true;
            }
        }

        _hasAllBytes = Array.TrueForAll(_hasByte, x => x);
        // SentencePiece writes a space as U+2581.
        if (_runes.Contains(new Rune(0x2581))) _runes.Add(new Rune(' '));
    }

    public bool Covers(string text)
    {
        if (_hasAllBytes) return true;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (_runes.Contains(rune)) continue;
            var length = rune.EncodeToUtf8(utf8);
            foreach (var b in utf8[..length])
            {
                if (!_hasByte[b]) return false;
            }
        }

        return true;
    }

    private static byte? ByteEntry(string text) =>
        text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
        && byte.TryParse(text.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value)
            ? value
            : null;

    /// <summary>GPT-2's spelling: printable Latin-1 characters stand for themselves, the others for 256 and up in order.</summary>
    private static Dictionary<int, byte> StandIns()
    {
        var result = new Dictionary<int, byte>();
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            var printable = b is >= 0x21 and <= 0x7E or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            result[printable ? b : next++] = (byte)b;
        }

        return result;
    }
}
