using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Ranking;

namespace WisePanda.Evaluation;

/// <summary>Pairs whose mates are known, and edges that make the pools larger.</summary>
/// <param name="Name">Short name for tables.</param>
/// <param name="Pairs">The true pairs: each edge of each is asked for.</param>
/// <param name="Tops">Further top edges, which are only candidates.</param>
/// <param name="Bottoms">Further bottom edges, which are only candidates.</param>
/// <param name="Mirrors">Whether the further edges are made from real curves by mirroring: not for methods that keep the absolute height.</param>
public sealed record TestSet(string Name, IReadOnlyList<EdgePair> Pairs, IReadOnlyList<Edge> Tops, IReadOnlyList<Edge> Bottoms, bool Mirrors = false)
{
    /// <summary>Candidates of each top edge; each bottom edge has as many where there are as many further tops as bottoms.</summary>
    public int Pool => Pairs.Count + Bottoms.Count;

    /// <summary>A set without further edges.</summary>
    public static TestSet Of(string name, IReadOnlyList<EdgePair> pairs) => new(name, pairs, [], []);

    /// <summary>Generated pairs of a tier.</summary>
    public static TestSet Synthetic(Tier tier, int pairs, int seed) => Of(
        tier switch { Tier.Same => "synthetic, same parameters", Tier.Outside => "synthetic, parameters outside the range", _ => "synthetic, other laws" },
        tier.Generator().Draw(new Random(seed), pairs));

    /// <summary>
    /// The pairs with distractors made from their own curves: mirrored left to right, turned upside down, and both, drawn without
    /// repetition until the pool has as many.
    /// </summary>
    /// <param name="pool">Candidates wanted; at most four times the pairs.</param>
    /// <param name="seed">Seed of the draw.</param>
    public TestSet WithMirrors(int pool, int seed)
    {
        var made = Pairs.SelectMany(pair => new[]
        {
            new EdgePair(Background.Mirrored(pair.Top), Background.Mirrored(pair.Bottom)),
            new EdgePair(Background.UpsideDown(pair.Bottom), Background.UpsideDown(pair.Top)),
            new EdgePair(Background.Mirrored(Background.UpsideDown(pair.Bottom)), Background.Mirrored(Background.UpsideDown(pair.Top))),
        }).ToArray();
        new Random(seed).Shuffle(made);
        var kept = made.Take(Math.Max(0, pool - Pairs.Count)).ToList();
        return new TestSet("mirrored and flipped distractors", Pairs, [.. kept.Select(pair => pair.Top)], [.. kept.Select(pair => pair.Bottom)], Mirrors: true);
    }

    /// <summary>
    /// Half of the edges without their mates: of every second pair only one edge is left, top and bottom in turn. Only the pairs left whole
    /// are asked for; the others compete.
    /// </summary>
    public TestSet WithoutHalfTheMates(int seed)
    {
        var order = Pairs.ToArray();
        new Random(seed).Shuffle(order);
        var half = order.Length / 2;
        var single = order[half..];
        return new TestSet($"{Name}, half the mates removed", order[..half],
            [.. Tops, .. single.Where((_, index) => index % 2 == 0).Select(pair => pair.Top)], [.. Bottoms, .. single.Where((_, index) => index % 2 == 1).Select(pair => pair.Bottom)]);
    }
}
