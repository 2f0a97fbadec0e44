using System.Numerics.Tensors;

namespace PdDevice.Core.Sampling;

internal static class Greedy
{
    /// <summary>The id of the largest finite logit, the lowest on a tie; -1 when there is none. Allocates nothing.</summary>
    /// <param name="logits">One per vocabulary entry.</param>
    /// <param name="excluded">Ids not to be drawn, ascending.</param>
    public static int ArgMax(ReadOnlySpan<float> logits, ReadOnlySpan<int> excluded)
    {
        var best = -1;
        var from = 0;
        foreach (var id in excluded)
        {
            if (id >= logits.Length) break;
            best = Better(logits, best, from, id);
            from = id + 1;
        }

        return Better(logits, best, from, logits.Length);
    }

    private static int Better(ReadOnlySpan<float> logits, int best, int from, int to)
    {
        if (from >= to) return best;
        var found = FirstLargest(logits[from..to]);
        return found < 0 || (best >= 0 && logits[best] >= logits[from + found]) ? best : from + found;
    }

    private static int FirstLargest(ReadOnlySpan<float> logits)
    {
        var index = TensorPrimitives.IndexOfMax(logits);
        var value = logits[index];
        if (float.IsNaN(value) || float.IsPositiveInfinity(value)) return FirstLargestFinite(logits);
        // The vectorised search puts +0 above -0; here they tie.
        return float.IsNegativeInfinity(value) ? -1 : value == 0 ? logits.IndexOf(0f) : index;
    }

    private static int FirstLargestFinite(ReadOnlySpan<float> logits)
    {
        var best = -1;
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsFinite(logits[i]) && (best < 0 || logits[i] > logits[best])) best = i;
        }

        return best;
    }
}
