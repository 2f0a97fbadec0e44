using System.Text;

namespace PdDevice.Core.Refinement;

/// <summary>From protected texts to the tokens they are in.</summary>
public static class ProtectedSpans
{
    /// <summary>
    /// The positions of what stood between marks. A text is looked for where the one before it ends, without the white space
    /// a chat template may strip; where a tokenizer has changed it, every occurrence of the marked words counts, and where
    /// not even they are found the whole prompt is protected.
    /// </summary>
    /// <param name="pieces">The prompt's tokens.</param>
    /// <param name="texts">The texts it was made from, in their order.</param>
    /// <returns>In any order; they may overlap.</returns>
    public static IReadOnlyList<TokenRange> Marked(IReadOnlyList<TokenPiece> pieces, IEnumerable<MarkedText> texts)
    {
        var (bytes, starts) = Join(pieces);
        var headers = new bool[pieces.Count];
        MustKeep.MarkGroups(headers, pieces);
        var found = new List<TokenRange>();
        var at = 0;
        foreach (var text in texts)
        {
            var stripped = text.Text.Trim();
            var leading = text.Text.Length - text.Text.TrimStart().Length;
            var content = Encoding.UTF8.GetBytes(stripped);
            var start = Find(bytes, starts, headers, content, at);
            foreach (var (first, length) in text.Spans)
            {
                if (start < 0)
                {
                    var all = Every(bytes, starts, text.Text.Substring(first, length).Trim());
                    if (all.Count == 0) return [new TokenRange(0, pieces.Count)];
                    found.AddRange(all);
                    continue;
                }

                var from = Math.Clamp(first - leading, 0, stripped.Length);
                var to = Math.Clamp(first + length - leading, from, stripped.Length);
                var offset = start + Encoding.UTF8.GetByteCount(stripped.AsSpan(0, from));
                if (Tokens(starts, offset, Encoding.UTF8.GetByteCount(stripped.AsSpan(from, to - from))) is { } range) found.Add(range);
            }

            if (start >= 0) at = start + content.Length;
        }

        return found;
    }

    /// <summary>The positions of every occurrence of a text; none where it is empty or not there.</summary>
    public static IReadOnlyList<TokenRange> Every(IReadOnlyList<TokenPiece> pieces, string text)
    {
        var (bytes, starts) = Join(pieces);
        return Every(bytes, starts, text);
    }

    /// <summary>Where a text begins, from a byte on; -1: nowhere. A person may write what a template's header says too: that is not the text's place.</summary>
    private static int Find(byte[] bytes, int[] starts, bool[] headers, byte[] text, int from)
    {
        var inHeader = -1;
        for (var at = from; bytes.AsSpan(at).IndexOf(text) is var next and >= 0; at += next + 1)
        {
            if (Tokens(starts, at + next, text.Length) is not { } range || headers.AsSpan(range.Start, range.Count).Contains(false)) return at + next;
            if (inHeader < 0) inHeader = at + next;
        }

        return inHeader;
    }

    private static List<TokenRange> Every(byte[] bytes, int[] starts, string text)
    {
        var found = new List<TokenRange>();
        var wanted = Encoding.UTF8.GetBytes(text);
        if (wanted.Length == 0) return found;
        for (var at = 0; bytes.AsSpan(at).IndexOf(wanted) is var next and >= 0; at += next + wanted.Length)
            found.Add(Tokens(starts, at + next, wanted.Length)!.Value);
        return found;
    }

    private static (byte[] Bytes, int[] Starts) Join(IReadOnlyList<TokenPiece> pieces)
    {
        var starts = new int[pieces.Count + 1];
        for (var i = 0; i < pieces.Count; i++) starts[i + 1] = starts[i] + pieces[i].Bytes.Length;
        var bytes = new byte[starts[^1]];
        for (var i = 0; i < pieces.Count; i++) pieces[i].Bytes.Span.CopyTo(bytes.AsSpan(starts[i]));
        return (bytes, starts);
    }

    /// <summary>The tokens that hold these bytes; null where there are none.</summary>
    private static TokenRange? Tokens(int[] starts, int at, int length)
    {
        if (length < 1) return null;
        var first = Last(starts, at);
        return new TokenRange(first, Last(starts, at + length - 1) - first + 1);
    }

    // The last token that begins at or before a byte holds it: tokens without text begin where the next one does.
    private static int Last(int[] starts, int at)
    {
        var index = Array.BinarySearch(starts, at);
        if (index < 0) return ~index - 1;
        while (starts[index + 1] == at) index++;
        return index;
    }
}
