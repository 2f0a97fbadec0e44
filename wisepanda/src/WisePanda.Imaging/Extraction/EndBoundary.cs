using WisePanda.Edges;

namespace WisePanda.Imaging.Extraction;

/// <summary>Follows the fragment's boundary at an end, column by column, to a fraction of a pixel.</summary>
internal sealed class EndBoundary(Piece piece, SlipFrame slip)
{
    private const double Inset = 1; // pixels from the sides, which are frayed and blurred

    /// <summary>The up-coordinate, in pixels, at which the slip ends in each of the 64 columns, left to right.</summary>
    public double[] Trace(EdgeEnd end)
    {
        var column = slip.Width / Edge.Width;
        var lines = (int)Math.Ceiling(column); // a pixel apart at most
        var heights = new double?[Edge.Width];
        for (var i = 0; i < heights.Length; i++)
        {
            var found = Enumerable.Range(0, lines)
                .Select(line => Outermost(slip.Left + Math.Clamp((i + (line + 0.5) / lines) * column, Inset, slip.Width - Inset), end))
                .Where(up => up is not null).Order().ToArray();
            if (found.Length > 0) heights[i] = (found[(found.Length - 1) / 2] + found[found.Length / 2]) / 2; // the median: a lone line may miss
        }

        return Fill(heights);
    }

    private double? Outermost(double across, EdgeEnd end)
    {
        var (from, inwards) = end == EdgeEnd.Top ? (slip.Highest + 2, -1) : (slip.Lowest - 2, 1);
        return from + inwards * piece.Enter(slip.ToPicture(across, from), slip.Direction(0, inwards), slip.Length + 4);
    }

    // A column without any slip in it, at a chipped side, takes the height of its nearest neighbour.
    private static double[] Fill(double?[] heights)
    {
        var filled = Enumerable.Range(0, heights.Length).Where(i => heights[i] is not null).ToArray();
        if (filled.Length == 0) throw new ImageException(ImageFault.NoFragment, "The fragment has no ends to follow: photograph it on a plain ground.");
        return [.. heights.Select((height, i) => height ?? heights[filled.MinBy(other => Math.Abs(other - i))]!.Value)];
    }
}
