namespace PdDevice.Core.Refinement;

/// <summary>A token of a prompt, as text.</summary>
/// <param name="Bytes">UTF-8, maybe a part of a character; empty for control tokens.</param>
/// <param name="IsControl">Whether it is a control token.</param>
public readonly record struct TokenPiece(ReadOnlyMemory<byte> Bytes, bool IsControl);

/// <summary>What is kept or left out as a whole.</summary>
public enum UnitKind
{
    Token,

    /// <summary>Up to the next white space: words and numbers stay whole.</summary>
    Word,

    /// <summary>Up to the end of a sentence or a line.</summary>
    Sentence,

    /// <summary>Up to a line break.</summary>
    Line,
}

/// <summary>A prompt cut into units: every position is in exactly one.</summary>
public sealed class UnitMap
{
    private readonly List<int> _starts = [];

    private UnitMap(int positions) => Positions = positions;

    public int Positions { get; }

    public int Count => _starts.Count;

    public TokenRange this[int unit] => new(_starts[unit], (unit + 1 < _starts.Count ? _starts[unit + 1] : Positions) - _starts[unit]);

    /// <summary>Longest unit, tokens: a text without spaces or sentences is cut all the same, though never inside a character.</summary>
    public static int Longest(UnitKind kind) => kind switch
    {
        UnitKind.Token => 1,
        UnitKind.Word => 16,
        UnitKind.Sentence => 64,
        _ => 128,
    };

    /// <summary>Every position for itself.</summary>
    public static UnitMap Tokens(int positions)
    {
        var map = new UnitMap(positions);
        for (var i = 0; i < positions; i++) map._starts.Add(i);
        return map;
    }

    /// <summary>Cuts a prompt. Control tokens are units of their own. Fast: one pass over the bytes' ends.</summary>
    public static UnitMap Of(UnitKind kind, IReadOnlyList<TokenPiece> pieces)
    {
        if (kind == UnitKind.Token) return Tokens(pieces.Count);
        var map = new UnitMap(pieces.Count);
        for (var i = 0; i < pieces.Count; i++)
            if (i == 0 || Starts(kind, pieces, i, i - map._starts[^1]))
                map._starts.Add(i);
        return map;
    }

    /// <summary>The same score for all positions of a unit.</summary>
    internal float[] Spread(Func<int, float> score)
    {
        var scores = new float[Positions];
        for (var unit = 0; unit < Count; unit++)
            scores.AsSpan(this[unit].Start, this[unit].Count).Fill(score(unit));
        return scores;
    }

    private static bool Starts(UnitKind kind, IReadOnlyList<TokenPiece> pieces, int at, int length)
    {
        var (before, here) = (pieces[at - 1], pieces[at]);
        if (before.IsControl || here.IsControl) return true;
        if (here.Bytes.IsEmpty || before.Bytes.IsEmpty) return length >= Longest(kind);
        var (first, last) = (here.Bytes.Span[0], before.Bytes.Span[^1]);
        if ((first & 0xC0) == 0x80) return length >= 2 * Longest(kind); // inside a character, unless the bytes are no text at all
        if (length >= Longest(kind)) return true;
        return kind switch
        {
            UnitKind.Line => last == '\n',
            UnitKind.Sentence => last == '\n' || (EndsSentence(before.Bytes.Span) && IsSpace(first)) || (IsSpace(last) && EndsSentence(before.Bytes.Span.TrimEnd(" \t\r"u8))),
            _ => (IsSpace(first) || IsSpace(last)) && !OnlySpace(before.Bytes.Span), // white space leads the word after it
        };
    }

    private static bool EndsSentence(ReadOnlySpan<byte> text) => text.TrimEnd("\"')"u8) is [.., (byte)'.' or (byte)'!' or (byte)'?'];

    private static bool OnlySpace(ReadOnlySpan<byte> text) => text.Trim(" \t\r\n"u8).IsEmpty;

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
