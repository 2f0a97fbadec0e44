namespace WisePanda.Edges;

/// <summary>Which end of its fragment an edge is. A top edge joins a bottom edge, never one of its own kind.</summary>
public enum EdgeEnd
{
    /// <summary>The upper end: the material lies below it.</summary>
    Top,

    /// <summary>The lower end: the material lies above it.</summary>
    Bottom,
}

/// <summary>
/// One broken edge of a fragment, as a profile of <see cref="Width"/> heights across the slip's width, read from left to right on the
/// written face. Heights are in pixels of the source (bamboo-dev.csv: whole pixels) and grow upwards, towards the slip's top, for both ends;
/// their zero is arbitrary. Where a top edge lies above a bottom edge laid on it, the two penetrate; where it lies below, there is a gap.
/// </summary>
public sealed class Edge
{
    /// <summary>Heights of a profile.</summary>
    public const int Width = 64;

    /// <summary>Largest height either way: beyond it the squares of differences lose what a float can hold.</summary>
    public const float MostHeight = 1_000_000;

    /// <exception cref="ArgumentException">The fragment has no name, or the heights are not <see cref="Width"/> finite numbers.</exception>
    public Edge(string fragment, EdgeEnd end, ReadOnlyMemory<float> heights)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fragment);
        if (heights.Length != Width) throw new ArgumentException($"An edge has {Width} heights, not {heights.Length}.", nameof(heights));
        foreach (var height in heights.Span)
            if (!float.IsFinite(height)) throw new ArgumentException("A height is not a finite number.", nameof(heights));
        Fragment = fragment;
        End = end;
        Heights = heights;
    }

    /// <summary>The fragment's name; one fragment has at most one edge of each end.</summary>
    public string Fragment { get; }

    public EdgeEnd End { get; }

    /// <summary><see cref="Width"/> finite heights in pixels, left to right.</summary>
    public ReadOnlyMemory<float> Heights { get; }

    public override string ToString() => $"{Fragment} {(End == EdgeEnd.Top ? "top" : "bottom")}";
}

/// <summary>The two edges of one break: the top edge of the fragment below it and the bottom edge of the fragment above it.</summary>
/// <param name="Top">The lower fragment's upper end.</param>
/// <param name="Bottom">The upper fragment's lower end.</param>
public sealed record EdgePair(Edge Top, Edge Bottom);
