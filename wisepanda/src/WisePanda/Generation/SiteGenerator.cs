using WisePanda.Edges;

namespace WisePanda.Generation;

/// <summary>A generated excavation: fragments with an upper and a lower edge, and which of them join.</summary>
/// <param name="Edges">A top and a bottom edge for each fragment.</param>
/// <param name="Joins">The true joins: the fragment above and the fragment below.</param>
public sealed record Site(IReadOnlyList<Edge> Edges, IReadOnlyList<(string Above, string Below)> Joins);

/// <summary>Generates sites.</summary>
public static class SiteGenerator
{
    /// <summary>
    /// Lays the fragments out in a row, and breaks as many neighbours apart as there are joins; every other edge comes from a break whose
    /// other side is lost. The names say nothing about who joins whom.
    /// </summary>
    /// <param name="random">Draws the site.</param>
    /// <param name="fragments">Fragments, at least 2.</param>
    /// <param name="share">Share of the fragments' top edges that have their mate, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than two fragments, or a share outside 0 to 1.</exception>
    public static Site Draw(Random random, int fragments, double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fragments, 2);
        if (share is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "The share of true joins is 0 to 1.");
        var generator = Tier.Same.Generator();
        var names = Enumerable.Range(1, fragments).Select(number => $"F{number:D4}").ToArray();
        random.Shuffle(names);
        var places = Enumerable.Range(0, fragments - 1).ToArray();
        random.Shuffle(places);
        var joined = places.Take((int)Math.Round(share * (fragments - 1))).ToHashSet();

        var edges = new List<Edge> { new(names[0], EdgeEnd.Top, generator.Draw(random, "lost").Top.Heights) };
        var joins = new List<(string, string)>();
        for (var place = 0; place < fragments; place++)
        {
            var pair = generator.Draw(random, "break");
            edges.Add(new Edge(names[place], EdgeEnd.Bottom, pair.Bottom.Heights));
            if (place == fragments - 1) break;
            edges.Add(new Edge(names[place + 1], EdgeEnd.Top, joined.Contains(place) ? pair.Top.Heights : generator.Draw(random, "lost").Top.Heights));
            if (joined.Contains(place)) joins.Add((names[place], names[place + 1]));
        }
        return new Site([.. edges.OrderBy(edge => edge.Fragment, StringComparer.Ordinal).ThenBy(edge => edge.End)], joins);
    }
}
