namespace PdDevice.Core.Refinement;

/// <summary>
/// The positions that a refined prompt always has: the first ones (attention rests on them), the last window (the question,
/// and the row whose logits begin the answer), whole groups of the chat template, and what the client protected.
/// </summary>
public static class MustKeep
{
    /// <summary>First positions always kept: attention sinks (Xiao et al., ICLR 2024, arXiv 2309.17453, use four).</summary>
    public const int First = 4;

    /// <summary>Last positions always kept; SnapKV's observation window is as long.</summary>
    public const int Last = 32;

    // The longest role is "assistant" with its line break; a header that takes more is no header.
    private const int LongestHeader = 16;

    /// <summary>What must be kept of a prompt, as rising, disjoint ranges.</summary>
    /// <param name="pieces">The prompt's tokens, at least one.</param>
    /// <param name="spans">What the client protected, in any order, inside the prompt; null: nothing.</param>
    /// <exception cref="ArgumentException">A span is not inside the prompt.</exception>
    public static TokenRange[] Of(IReadOnlyList<TokenPiece> pieces, IReadOnlyList<TokenRange>? spans = null)
    {
        var keep = Ends(pieces.Count);
        if (spans is not null) Mark(keep, spans);
        MarkGroups(keep, pieces);
        return Ranges(keep);
    }

    /// <summary>Marks the control tokens of a chat template and the headers after them.</summary>
    internal static void MarkGroups(bool[] keep, IReadOnlyList<TokenPiece> pieces)
    {
        for (var i = 0; i < pieces.Count; i++)
            if (pieces[i].IsControl)
                keep.AsSpan(i, Group(pieces, i) - i).Fill(true);
    }

    /// <summary>A mark for each position: set where it is one of the first or last.</summary>
    internal static bool[] Ends(int positions)
    {
        var keep = new bool[positions];
        keep.AsSpan(0, Math.Min(First, positions)).Fill(true);
        keep.AsSpan(Math.Max(0, positions - Last)).Fill(true);
        return keep;
    }

    internal static void Mark(bool[] keep, IReadOnlyList<TokenRange> spans)
    {
        foreach (var span in spans)
        {
            if (span.Start < 0 || span.Count < 1 || span.Start > keep.Length - span.Count)
                throw new ArgumentException($"Positions {span.Start} to {(long)span.Start + span.Count - 1} are not inside a prompt of {keep.Length}.", nameof(spans));
            keep.AsSpan(span.Start, span.Count).Fill(true);
        }
    }

    internal static TokenRange[] Ranges(bool[] keep)
    {
        var ranges = new List<TokenRange>();
        for (var start = 0; start < keep.Length; start++)
        {
            if (!keep[start]) continue;
            var end = start;
            while (end < keep.Length && keep[end]) end++;
            ranges.Add(new TokenRange(start, end - start));
            start = end;
        }

        return [.. ranges];
    }

    /// <summary>The position after a control token and its header: a few letters up to a line break or to another control token.</summary>
    private static int Group(IReadOnlyList<TokenPiece> pieces, int control)
    {
        var bytes = 0;
        for (var i = control + 1; i < pieces.Count; i++)
        {
            if (pieces[i].IsControl) return i; // its own group follows
            bytes += pieces[i].Bytes.Length;
            if (bytes > LongestHeader) break;
            if (pieces[i].Bytes.Span.IndexOf((byte)'\n') is >= 0) return i + 1;
        }

        return control + 1;
    }
}
