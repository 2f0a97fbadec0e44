namespace PdDevice.Core.Refinement;

/// <summary>How much of a prompt is kept.</summary>
/// <param name="Ratio">Share of the raw prompt, above 0, at most 1.</param>
/// <param name="Mass">With this, units are kept only until they hold this share of all scores, above 0, at most 1, even where the ratio allows more; null (default): the ratio alone decides.</param>
public sealed record KeepOptions(double Ratio, double? Mass = null)
{
    /// <summary>Positions that the ratio asks for, of so many.</summary>
    public int Target(int positions) => Math.Clamp((int)Math.Ceiling(Math.Round(Ratio * positions, 6)), 1, positions);
}

/// <summary>From scores to the ranges that are kept.</summary>
public static class KeptPositions
{
    /// <summary>
    /// Keeps what must be kept, then the units with the best scores, one by one, until the ratio is met; so at most one unit
    /// more than asked for, or exactly what must be kept where that is more already. Equal scores: the earlier unit first.
    /// </summary>
    /// <param name="scores">One for each position; what is negative or not a number counts as 0.</param>
    /// <param name="units">Kept or left out as a whole, except for what must be kept of them.</param>
    /// <param name="options">How much.</param>
    /// <param name="mustKeep">As <see cref="MustKeep.Of"/> gives them; the first and last positions are kept in any case.</param>
    /// <returns>Rising, disjoint and not adjacent.</returns>
    /// <exception cref="ArgumentException">The lengths differ, an option is out of range, or a range is not inside the prompt.</exception>
    public static TokenRange[] Choose(ReadOnlySpan<float> scores, UnitMap units, KeepOptions options, IReadOnlyList<TokenRange> mustKeep)
    {
        if (scores.Length != units.Positions) throw new ArgumentException($"{scores.Length} scores for {units.Positions} positions.", nameof(scores));
        if (options.Ratio is not (> 0 and <= 1) || options.Mass is not (null or (> 0 and <= 1)))
            throw new ArgumentException("Ratio and mass must be above 0 and at most 1.", nameof(options));
        var keep = MustKeep.Ends(scores.Length);
        MustKeep.Mark(keep, mustKeep);
        var left = options.Target(scores.Length) - keep.AsSpan().Count(true);
        var mass = options.Mass is { } share ? (share * Sum(scores, null)) - Sum(scores, keep) : double.MaxValue;
        foreach (var unit in ByScore(scores, units))
        {
            if (left <= 0 || mass <= 0) break;
            var range = units[unit];
            for (var i = range.Start; i < range.End; i++)
            {
                if (keep[i]) continue;
                keep[i] = true;
                left--;
                mass -= Score(scores[i]);
            }
        }

        return MustKeep.Ranges(keep);
    }

    // A unit is worth what the best of its tokens is: a number is asked for by some of its digits.
    private static int[] ByScore(ReadOnlySpan<float> scores, UnitMap units)
    {
        var order = new int[units.Count];
        var keys = new (float Worth, int Unit)[units.Count];
        for (var unit = 0; unit < order.Length; unit++)
        {
            var best = 0f;
            foreach (var score in scores.Slice(units[unit].Start, units[unit].Count)) best = Math.Max(best, Score(score));
            (order[unit], keys[unit]) = (unit, (-best, unit));
        }

        Array.Sort(keys, order);
        return order;
    }

    private static double Sum(ReadOnlySpan<float> scores, bool[]? only)
    {
        var sum = 0.0;
        for (var i = 0; i < scores.Length; i++)
            if (only?[i] != false)
                sum += Score(scores[i]);
        return sum;
    }

    private static float Score(float score) => score > 0 && float.IsFinite(score) ? score : 0;
}
