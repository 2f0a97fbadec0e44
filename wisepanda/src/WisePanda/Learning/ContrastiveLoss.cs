namespace WisePanda.Learning;

/// <summary>A square table of logits of which only some entries are used: the diagonal (the true pairs) and each line's hardest negatives.</summary>
/// <param name="Top">Row: index of the top edge.</param>
/// <param name="Bottom">Column: index of the bottom edge; the true pair where it equals <paramref name="Top"/>.</param>
/// <param name="InRow">Whether it counts among the candidates of the top edge.</param>
/// <param name="InColumn">Whether it counts among the candidates of the bottom edge.</param>
public readonly record struct Entry(int Top, int Bottom, bool InRow, bool InColumn);

/// <summary>Cross entropy of the softmax over each line's entries, in both directions, averaged over the lines.</summary>
public static class ContrastiveLoss
{
    /// <summary>The loss in nats a line, and its gradient by each logit.</summary>
    /// <param name="entries">The entries in use; every line has its true pair among them.</param>
    /// <param name="logits">A logit for each entry.</param>
    /// <param name="count">Rows of the table, and columns.</param>
    /// <param name="gradient">Receives the gradient.</param>
    public static float Of(ReadOnlySpan<Entry> entries, ReadOnlySpan<float> logits, int count, Span<float> gradient)
    {
        gradient[..entries.Length].Clear();
        return (Side(entries, logits, count, gradient, row: true) + Side(entries, logits, count, gradient, row: false)) / (2 * count);
    }

    private static float Side(ReadOnlySpan<Entry> entries, ReadOnlySpan<float> logits, int count, Span<float> gradient, bool row)
    {
        var largest = new float[count];
        var sums = new float[count];
        Array.Fill(largest, float.NegativeInfinity);
        var loss = 0f;
        for (var i = 0; i < entries.Length; i++)
            if (Line(entries[i], row) is >= 0 and var line) largest[line] = Math.Max(largest[line], logits[i]);
        for (var i = 0; i < entries.Length; i++)
            if (Line(entries[i], row) is >= 0 and var line) sums[line] += MathF.Exp(logits[i] - largest[line]);
        for (var i = 0; i < entries.Length; i++)
        {
            if (Line(entries[i], row) is not (>= 0 and var line)) continue;
            gradient[i] += MathF.Exp(logits[i] - largest[line]) / sums[line] / (2 * count);
            if (entries[i].Top != entries[i].Bottom) continue;
            gradient[i] -= 1f / (2 * count);
            loss += MathF.Log(sums[line]) + largest[line] - logits[i];
        }
        return loss;
    }

    private static int Line(Entry entry, bool row) => row ? (entry.InRow ? entry.Top : -1) : (entry.InColumn ? entry.Bottom : -1);
}
