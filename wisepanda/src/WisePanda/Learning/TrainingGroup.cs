using WisePanda.Edges;
using WisePanda.Matching;

namespace WisePanda.Learning;

/// <summary>
/// A set of true pairs and, for each edge, some wrong candidates among the others: the hardest, which have the least cost, and a sample
/// of the rest. Only those entries of the table have features.
/// </summary>
public sealed class TrainingGroup
{
    private TrainingGroup(int count, Entry[] entries, float[] features, int width) => (Count, Entries, Features, Width) = (count, entries, features, width);

    /// <summary>True pairs.</summary>
    public int Count { get; }

    public Entry[] Entries { get; }

    /// <summary>Numbers of an entry.</summary>
    public int Width { get; }

    /// <summary><see cref="Width"/> numbers an entry.</summary>
    public float[] Features { get; }

    /// <summary>The features of one entry.</summary>
    public Span<float> Row(int entry) => Features.AsSpan(entry * Width, Width);

    /// <summary>Works out the features.</summary>
    /// <param name="pairs">True pairs, at least 2.</param>
    /// <param name="hardest">Wrong candidates of least cost kept for each edge, 0 or more.</param>
    /// <param name="others">Wrong candidates drawn from the rest for each edge, so that the network also learns what is far off, 0 or more.</param>
    /// <param name="width">Numbers of an entry, as <see cref="PairFeatures.Write"/> takes them.</param>
    /// <param name="random">Draws those.</param>
    public static TrainingGroup Of(IReadOnlyList<EdgePair> pairs, int hardest, int others, int width, Random random)
    {
        var count = pairs.Count;
        var tops = pairs.Select(pair => new PreparedEdge(pair.Top)).ToArray();
        var bottoms = pairs.Select(pair => new PreparedEdge(pair.Bottom)).ToArray();
        var all = new float[count * count * width];
        var cost = new float[count, count];
        for (var top = 0; top < count; top++)
        {
            for (var bottom = 0; bottom < count; bottom++)
            {
                var features = all.AsSpan((top * count + bottom) * width, width);
                PairFeatures.Write(tops[top], bottoms[bottom], features);
                cost[top, bottom] = PairFeatures.Composite(features);
            }
        }

        var inRow = new bool[count, count];
        var inColumn = new bool[count, count];
        for (var line = 0; line < count; line++)
        {
            foreach (var bottom in Chosen(line, other => cost[line, other])) inRow[line, bottom] = true;
            foreach (var top in Chosen(line, other => cost[other, line])) inColumn[top, line] = true;
        }

        var entries = new List<Entry>();
        var kept = new List<float>();
        for (var top = 0; top < count; top++)
        {
            for (var bottom = 0; bottom < count; bottom++)
            {
                if (!inRow[top, bottom] && !inColumn[top, bottom]) continue;
                entries.Add(new Entry(top, bottom, inRow[top, bottom], inColumn[top, bottom]));
                kept.AddRange(all.AsSpan((top * count + bottom) * width, width));
            }
        }
        return new TrainingGroup(count, [.. entries], [.. kept], width);

        IEnumerable<int> Chosen(int line, Func<int, float> of)
        {
            var wrong = Enumerable.Range(0, count).Where(other => other != line).OrderBy(of).ToArray();
            random.Shuffle(wrong.AsSpan(Math.Min(hardest, wrong.Length)));
            return wrong.Take(hardest + others).Append(line);
        }
    }
}
