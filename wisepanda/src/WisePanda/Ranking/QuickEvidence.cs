using System.Numerics.Tensors;
using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Ranking;

/// <summary>A comparison a hundred times as fast as the real one, which leaves few of many candidates: the smallest distance of the mean-centred heights over a few shifts.</summary>
internal sealed class QuickEvidence : IEvidence
{
    private const float Floor = 1e-3f;

    private static readonly int[] Shifts = [-4, -2, 0, 2, 4];

    public string Name => "quick";

    public float For(PreparedEdge top, PreparedEdge bottom)
    {
        var best = float.MaxValue;
        foreach (var by in Shifts)
        {
            var count = Edge.Width - Math.Abs(by);
            best = Math.Min(best, TensorPrimitives.Distance(top.MeanCentred.Slice(Math.Max(0, by), count), bottom.MeanCentred.Slice(Math.Max(0, -by), count)));
        }
        return -MathF.Log(best + Floor);
    }
}
