using WisePanda.Edges;

namespace WisePanda.Imaging.Extraction;

/// <summary>Turns the fragment upright and cuts it out of its ground.</summary>
internal static class UprightCut
{
    private const double MostPixelsPerUnit = 3; // 192 pixels across: enough for a screen, small to send
    private const int Margin = 4; // units on every side

    /// <param name="photograph">Where the colours come from.</param>
    /// <param name="piece">Which pixels are the fragment's.</param>
    /// <param name="slip">How it lies.</param>
    /// <param name="topZero">Up-coordinate, in pixels of the photograph, of the top profile's height 0.</param>
    /// <param name="bottomZero">The same for the bottom profile.</param>
    public static UprightPicture Of(Raster photograph, Piece piece, SlipFrame slip, double topZero, double bottomZero)
    {
        var unit = slip.Width / Edge.Width; // pixels of the photograph
        var scale = Math.Min(unit, MostPixelsPerUnit); // pixels of the cut
        var raster = new Raster((int)Math.Ceiling((Edge.Width + 2 * Margin) * scale), (int)Math.Ceiling((slip.Length / unit + 2 * Margin) * scale));
        for (var row = 0; row < raster.Height; row++)
        {
            for (var column = 0; column < raster.Width; column++)
            {
                var across = slip.Left + ((column + 0.5) / scale - Margin) * unit;
                var up = slip.Highest - ((row + 0.5) / scale - Margin) * unit;
                var (x, y) = slip.ToPicture(across, up);
                // Half the threshold is outside, one and a half times is inside, and between them the cut is soft.
                var alpha = Math.Clamp(piece.Sample(x, y) / piece.Threshold - 0.5, 0, 1);
                if (alpha == 0) continue;
                var (red, green, blue) = Colour(photograph, x, y);
                raster.Set(column, row, red, green, blue, (byte)Math.Round(255 * alpha));
            }
        }

        return new UprightPicture(raster, scale, Margin * scale, Row(topZero), Row(bottomZero));

        double Row(double up) => ((slip.Highest - up) / unit + Margin) * scale;
    }

    // Bilinear, between pixel centres.
    private static (byte Red, byte Green, byte Blue) Colour(Raster from, double x, double y)
    {
        var (left, up) = (Math.Clamp((int)Math.Floor(x), 0, from.Width - 2), Math.Clamp((int)Math.Floor(y), 0, from.Height - 2));
        var (right, down) = (Math.Clamp(x - left, 0, 1), Math.Clamp(y - up, 0, 1));
        return (Channel(0), Channel(1), Channel(2));

        byte Channel(int channel)
        {
            var (first, below) = (4 * (up * from.Width + left) + channel, 4 * ((up + 1) * from.Width + left) + channel);
            return (byte)Math.Round((1 - down) * ((1 - right) * from.Rgba[first] + right * from.Rgba[first + 4]) + down * ((1 - right) * from.Rgba[below] + right * from.Rgba[below + 4]));
        }
    }
}
