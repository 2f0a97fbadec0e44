namespace WisePanda.Edges;

/// <summary>
/// A CSV file of true pairs, as bamboo-dev.csv: <c>pair,edge,h0,...,h63</c>, two rows a pair, the edge being <c>top</c> or <c>bottom</c>.
/// The two edges of pair P belong to two fragments, which are named <c>P below</c> (it has the top edge) and <c>P above</c>.
/// </summary>
public static class PairFile
{
    /// <exception cref="EdgeFileException">The file is missing, empty, a row is not an edge, or a pair lacks one; it names the line.</exception>
    public static IReadOnlyList<EdgePair> Read(string path)
    {
        var pairs = new List<EdgePair>();
        foreach (var group in ProfileRows.Read(path, "pair", "edge").GroupBy(row => row.Name))
        {
            var rows = group.OrderBy(row => row.End).ToList();
            if (rows is not [{ End: EdgeEnd.Top }, { End: EdgeEnd.Bottom }])
                throw new EdgeFileException(EdgeFileProblem.HalfPair, path, rows[0].Line, $"pair '{group.Key}' has only one edge. Add the other or remove it.");
            pairs.Add(new EdgePair(new Edge($"{group.Key} below", EdgeEnd.Top, rows[0].Heights), new Edge($"{group.Key} above", EdgeEnd.Bottom, rows[1].Heights)));
        }
        return pairs;
    }

    /// <summary>Writes the pairs, numbered from 0.</summary>
    public static void Write(string path, IEnumerable<EdgePair> pairs) =>
        ProfileRows.Write(path, "pair", "edge", pairs.SelectMany((pair, index) => new[] { ($"{index}", pair.Top), ($"{index}", pair.Bottom) }));
}
