using WisePanda.Edges;

namespace WisePanda.Imaging.Extraction;

/// <summary>Follows the fragment's boundary at an end, column by column, to a fraction of a pixel.</summary>
internal sealed class EndBoundary(Piece piece, SlipFrame slip)
{
    private const double Step = 0.5; // pixels

    /// <summary>The up-coordinate, in pixels, at which the slip ends in each of the 64 columns, left to right.</summary>
    public double[] Trace(EdgeEnd end)
    {
        var column = slip.Width / Edge.Width;
        var lines = (int)Math.Ceiling(column); // a pixel apart at most
        var heights = new double?[Edge.Width];
        for (var i = 0; i < heights.Length; i++)
        {
            var found = Enumerable.Range(0, lines)
                .Select(line => Outermost(slip.Left + (i + (line + 0.5) / lines) * column, end))
                .Where(up => up is not null).ToArray();
            heights[i] = found.Average();
        }

        return Fill(heights);
    }

    // From outside inwards, to where the contrast first passes the threshold.
    private double? Outermost(double across, EdgeEnd end)
    {
        var (from, direction) = end == EdgeEnd.Top ? (slip.Highest + 2, -Step) : (slip.Lowest - 2, Step);
        var before = 0.0;
        for (var i = 0; i <= (slip.Length + 4) / Step; i++)
        {
            var up = from + i * direction;
            var (x, y) = slip.ToPicture(across, up);
            var level = piece.Sample(x, y);
            if (level >= piece.Threshold) return up - direction * (level - piece.Threshold) / (level - before);
            before = level;
        }

        return null;
    }

    // A column without any slip in it, at a chipped side, takes the height of its nearest neighbour.
    private static double[] Fill(double?[] heights)
    {
        var filled = Enumerable.Range(0, heights.Length).Where(i => heights[i] is not null).ToArray();
        if (filled.Length == 0) throw new ImageException(ImageFault.NoFragment, "The fragment has no ends to follow: photograph it on a plain ground.");
        return [.. heights.Select((height, i) => height ?? heights[filled.MinBy(other => Math.Abs(other - i))]!.Value)];
    }
}
