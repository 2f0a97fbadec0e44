namespace PdDevice.Core.Refinement;

/// <summary>What of a prompt is kept, checked: rising, disjoint and inside it.</summary>
public sealed class KeptRanges
{
    private KeptRanges(TokenRange[] ranges, int count) => (Ranges, Count) = (ranges, count);

    public IReadOnlyList<TokenRange> Ranges { get; }

    /// <summary>Positions kept.</summary>
    public int Count { get; }

    /// <summary>As <c>AssistRefined.Kept</c> and <c>RefineWish.Protected</c> carry them: start and count in turn.</summary>
    public static int[] Flatten(IReadOnlyList<TokenRange> ranges)
    {
        var flat = new int[2 * ranges.Count];
        for (var i = 0; i < ranges.Count; i++) (flat[2 * i], flat[(2 * i) + 1]) = (ranges[i].Start, ranges[i].Count);
        return flat;
    }

    /// <summary>
    /// Reads what a peer sent and holds it against the prompt; never throws. What is too long for the prompt is refused by its
    /// length, before anything else is looked at.
    /// </summary>
    /// <param name="flat">Start and count in turn.</param>
    /// <param name="promptTokens">Positions of the prompt.</param>
    /// <param name="mustKeep">Positions that have to be among them, rising and disjoint.</param>
    /// <param name="least">Positions there must be at least: what was wished for.</param>
    /// <param name="kept">The ranges, where they fit.</param>
    /// <param name="problem">What is wrong, one sentence; empty where they fit.</param>
    public static bool TryRead(int[]? flat, int promptTokens, IReadOnlyList<TokenRange> mustKeep, int least, out KeptRanges? kept, out string problem)
    {
        kept = null;
        if (!TryRanges(flat, promptTokens, out var ranges, out problem)) return false;
        var count = ranges.Sum(range => range.Count); // no more than the prompt has: they are disjoint
        if (count < least)
        {
            problem = $"It keeps {count} positions; {least} were asked for.";
            return false;
        }

        if (mustKeep.Count > 0 && !Covers(ranges, mustKeep))
        {
            problem = "It leaves out positions that must be kept.";
            return false;
        }

        kept = new KeptRanges(ranges, count);
        return true;
    }

    /// <summary>Reads ranges that need not keep anything in particular, as a device's protected ones.</summary>
    public static bool TryRanges(int[]? flat, int promptTokens, out TokenRange[] ranges, out string problem)
    {
        ranges = [];
        problem = "";
        if (flat is null || flat.Length % 2 != 0 || flat.Length / 2 > promptTokens)
        {
            problem = $"Ranges are a start and a count each, at most {promptTokens} of them.";
            return false;
        }

        var read = new TokenRange[flat.Length / 2];
        var end = 0;
        for (var i = 0; i < read.Length; i++)
        {
            var (start, count) = (flat[2 * i], flat[(2 * i) + 1]);
            if (start < end || count < 1 || start > promptTokens - count)
            {
                problem = $"Range {i} does not follow the one before, or is not inside the prompt of {promptTokens} positions.";
                return false;
            }

            read[i] = new TokenRange(start, count);
            end = start + count;
        }

        ranges = read;
        return true;
    }

    /// <summary>The kept positions from one on, rising.</summary>
    public int[] From(int position) =>
        [.. Ranges.Where(range => range.End > position).SelectMany(range => Enumerable.Range(Math.Max(range.Start, position), range.End - Math.Max(range.Start, position)))];

    // Adjacent ranges may cover one of the others together.
    private static bool Covers(TokenRange[] ranges, IReadOnlyList<TokenRange> mustKeep)
    {
        var i = 0;
        foreach (var must in mustKeep)
        {
            var at = must.Start;
            while (at < must.End)
            {
                while (i < ranges.Length && ranges[i].End <= at) i++;
                if (i == ranges.Length || ranges[i].Start > at) return false;
                at = ranges[i].End;
            }
        }

        return true;
    }
}
