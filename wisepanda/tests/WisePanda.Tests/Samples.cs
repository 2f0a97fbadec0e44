using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Tests;

/// <summary>Edges for tests.</summary>
internal static class Samples
{
    public static Edge Edge(Func<int, double> height, EdgeEnd end = EdgeEnd.Top, string fragment = "A") =>
        new(fragment, end, Enumerable.Range(0, WisePanda.Edges.Edge.Width).Select(column => (float)height(column)).ToArray());

    public static PreparedEdge Prepared(Func<int, double> height, EdgeEnd end = EdgeEnd.Top) => new(Edge(height, end));

    /// <summary>A random walk of whole pixels.</summary>
    public static Edge Walk(int seed, EdgeEnd end = EdgeEnd.Top, string? fragment = null)
    {
        var random = new Random(seed);
        var height = 0;
        return Edge(_ => height += random.Next(-3, 4), end, fragment ?? $"walk {seed}");
    }
}
