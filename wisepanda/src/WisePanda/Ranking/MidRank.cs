namespace WisePanda.Ranking;

/// <summary>Ranks with ties: those with the same score share the mean of their places.</summary>
public static class MidRank
{
    /// <summary>The place, from 1, of a score among all scores: one more than those above it, and half of those equal to it.</summary>
    /// <param name="score">The score, which is not among <paramref name="others"/>.</param>
    /// <param name="others">The scores it competes with, higher is better.</param>
    public static double Of(double score, IEnumerable<float> others)
    {
        var (above, equal) = (0, 0);
        foreach (var other in others)
        {
            if (other > score) above++;
            else if (other == score) equal++;
        }
        return 1 + above + equal / 2.0;
    }

    /// <summary>The places of scores in descending order.</summary>
    public static double[] OfSorted(ReadOnlySpan<float> descending)
    {
        var ranks = new double[descending.Length];
        for (var from = 0; from < ranks.Length;)
        {
            var to = from + 1;
            while (to < ranks.Length && descending[to] == descending[from]) to++;
            ranks.AsSpan(from, to - from).Fill((from + 1 + to) / 2.0);
            from = to;
        }
        return ranks;
    }
}
