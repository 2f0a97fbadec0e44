using System.Numerics.Tensors;
using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Ranking;

/// <summary>A quick comparison that leaves few of many candidates: the smallest distance of the mean-centred heights over a few shifts.</summary>
internal static class Prefilter
{
    private static readonly int[] Shifts = [-4, -2, 0, 2, 4];

    /// <summary>The candidates nearest to an edge, in no order.</summary>
    public static T[] Nearest<T>(PreparedEdge query, T[] candidates, Func<T, PreparedEdge> of, int count)
    {
        var distances = Array.ConvertAll(candidates, candidate => Distance(query.MeanCentred, of(candidate).MeanCentred));
        var near = (T[])candidates.Clone();
        Array.Sort(distances, near);
        return near[..count];
    }

    private static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var best = float.MaxValue;
        foreach (var by in Shifts)
        {
            var count = Edge.Width - Math.Abs(by);
            best = Math.Min(best, TensorPrimitives.Distance(a.Slice(Math.Max(0, by), count), b.Slice(Math.Max(0, -by), count)));
        }
        return best;
    }
}
