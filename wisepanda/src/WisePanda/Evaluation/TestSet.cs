using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Ranking;

namespace WisePanda.Evaluation;

/// <summary>Pairs whose mates are known, and edges that make the pools larger.</summary>
/// <param name="Name">Short name for tables.</param>
/// <param name="Pairs">The true pairs: each edge of each is asked for.</param>
/// <param name="Tops">Further top edges, which are only candidates.</param>
/// <param name="Bottoms">Further bottom edges, which are only candidates.</param>
/// <param name="MadeFrom">Where the further edges are made from the pairs' own curves: for each the number of its pair; null (default): they are edges of their own.</param>
public sealed record TestSet(string Name, IReadOnlyList<EdgePair> Pairs, IReadOnlyList<Edge> Tops, IReadOnlyList<Edge> Bottoms, IReadOnlyList<int>? MadeFrom = null)
{
    /// <summary>Whether the further edges are made from real curves by mirroring: not for methods that keep the absolute height.</summary>
    public bool Mirrors => MadeFrom is not null;

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
        var made = Pairs.Index().SelectMany(one => new[]
        {
            (Source: one.Index, Pair: new EdgePair(Background.Mirrored(one.Item.Top), Background.Mirrored(one.Item.Bottom))),
            (Source: one.Index, Pair: new EdgePair(Background.UpsideDown(one.Item.Bottom), Background.UpsideDown(one.Item.Top))),
            (Source: one.Index, Pair: new EdgePair(Background.Mirrored(Background.UpsideDown(one.Item.Bottom)), Background.Mirrored(Background.UpsideDown(one.Item.Top)))),
        }).ToArray();
        new Random(seed).Shuffle(made);
        var kept = made.Take(Math.Max(0, pool - Pairs.Count)).ToList();
        return new TestSet("mirrored and flipped distractors", Pairs, [.. kept.Select(one => one.Pair.Top)], [.. kept.Select(one => one.Pair.Bottom)], [.. kept.Select(one => one.Source)]);
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
