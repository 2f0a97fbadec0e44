namespace WisePanda.Edges;

/// <summary>A CSV file of edges: <c>fragment,end,h0,...,h63</c>, one row an edge, the end being <c>top</c> or <c>bottom</c>.</summary>
public static class EdgeFile
{
    /// <exception cref="EdgeFileException">The file is missing, empty, or a row is not an edge; it names the line.</exception>
    public static IReadOnlyList<Edge> Read(string path) =>
        [.. ProfileRows.Read(path, "fragment", "end").Select(row => new Edge(row.Name, row.End, row.Heights))];

    /// <summary>Writes the edges; a file that was there is replaced only when the new one is whole.</summary>
    public static void Write(string path, IEnumerable<Edge> edges) =>
        ProfileRows.Write(path, "fragment", "end", edges.Select(edge => (edge.Fragment, edge)));
}
