namespace WisePanda.Imaging.Extraction;

/// <summary>The slip's own axes in the photograph: where its left side is, which way is up, how wide and long it is. Pixels and radians.</summary>
/// <param name="Tilt">How far its up is turned clockwise from the picture's, -pi/2 to pi/2.</param>
/// <param name="CentreX">A point on the slip, from which across and up are counted.</param>
/// <param name="CentreY">The same point's row.</param>
/// <param name="Left">Across-coordinate of the left side.</param>
/// <param name="Width">Distance of the sides.</param>
/// <param name="Lowest">Up-coordinate of the lowest point.</param>
/// <param name="Highest">Up-coordinate of the highest point.</param>
internal sealed record SlipFrame(double Tilt, double CentreX, double CentreY, double Left, double Width, double Lowest, double Highest)
{
    private const int Bands = 60;
    private const double EndShare = 0.05; // at each end, where the sides are rounded
    private const double LeastWhole = 0.92; // of the usual width: a narrower band is broken at a side
    private const int Rounds = 5;

    /// <summary>From the lowest point to the highest.</summary>
    public double Length => Highest - Lowest;

    /// <summary>The point of the photograph at these coordinates of the slip.</summary>
    public (double X, double Y) ToPicture(double across, double up)
    {
        var (x, y) = Direction(across, up);
        return (CentreX + x, CentreY + y);
    }

    /// <summary>A direction of the slip as one of the photograph.</summary>
    public (double X, double Y) Direction(double across, double up)
    {
        var (sin, cos) = Math.SinCos(Tilt);
        return (across * cos + up * sin, across * sin - up * cos);
    }

    /// <exception cref="ImageException">The piece is too small to have sides.</exception>
    public static SlipFrame Of(Piece piece)
    {
        var (x, y) = (piece.Outline.Average(at => at.X), piece.Outline.Average(at => at.Y));
        var outline = piece.Outline.Select(at => (X: at.X - x, Y: at.Y - y)).ToArray();

        // The slip's axis is the direction in which the outline is narrowest: slanted ends do not turn it.
        var tilt = Enumerable.Range(-89, 180).Select(degrees => degrees * Math.PI / 180).MinBy(angle => Extent(outline, angle));
        // Then the line midway between the sides says by how much that is off.
        for (var round = 0; round < Rounds; round++) tilt += Math.Atan(Lean(Turn(outline, tilt)));
        if (Math.Abs(tilt) > Math.PI / 2) tilt -= Math.PI * Math.Sign(tilt);

        var turned = Turn(outline, tilt);
        var bands = Sides(turned);
        if (bands.Count == 0) throw new ImageException(ImageFault.TooSmall, "The fragment is only a few pixels large: photograph it closer.");
        var (left, right) = (bands.Min(band => band.Left) - 2, bands.Max(band => band.Right) + 2);
        var outer = new SlipFrame(tilt, x, y, left, right - left, turned.Min(at => at.Up) - 0.5, turned.Max(at => at.Up) + 0.5);
        // The sides proper, to a fraction of a pixel: where lines across it enter the slip from either side.
        var inLeft = Median(bands.Select(band => piece.Enter(outer.ToPicture(left, band.Up), outer.Direction(1, 0), outer.Width) ?? 0));
        var inRight = Median(bands.Select(band => piece.Enter(outer.ToPicture(right, band.Up), outer.Direction(-1, 0), outer.Width) ?? 0));
        return outer with { Left = left + inLeft, Width = outer.Width - inLeft - inRight };
    }

    private static (double Across, double Up)[] Turn((double X, double Y)[] outline, double tilt)
    {
        var (sin, cos) = Math.SinCos(tilt);
        return [.. outline.Select(at => (at.X * cos + at.Y * sin, at.X * sin - at.Y * cos))];
    }

    private static double Extent((double X, double Y)[] outline, double tilt)
    {
        var (sin, cos) = Math.SinCos(tilt);
        var (least, most) = (double.MaxValue, double.MinValue);
        foreach (var (x, y) in outline)
        {
            var across = x * cos + y * sin;
            (least, most) = (Math.Min(least, across), Math.Max(most, across));
        }

        return most - least;
    }

    // The two sides in bands across the slip, where both are there.
    private static List<(double Up, double Left, double Right)> Sides((double Across, double Up)[] turned)
    {
        var (low, high) = (turned.Min(at => at.Up), turned.Max(at => at.Up));
        var (start, size) = (low + EndShare * (high - low), (1 - 2 * EndShare) * (high - low) / Bands);
        var bands = turned.GroupBy(at => (int)Math.Floor((at.Up - start) / Math.Max(size, 1e-9))).Where(band => band.Key is >= 0 and < Bands)
            .Select(band => (Up: start + (band.Key + 0.5) * size, Left: band.Min(at => at.Across), Right: band.Max(at => at.Across)))
            .OrderBy(band => band.Right - band.Left).ToList();
        var usual = bands.Count == 0 ? 0 : bands[bands.Count * 9 / 10].Right - bands[bands.Count * 9 / 10].Left;
        return [.. bands.Where(band => band.Right - band.Left >= LeastWhole * usual)];
    }

    // Theil-Sen: the median of the slopes between any two bands of the line midway between the sides.
    private static double Lean((double Across, double Up)[] turned)
    {
        var bands = Sides(turned);
        var slopes = bands.SelectMany((one, i) => bands.Skip(i + 1)
            .Where(other => other.Up != one.Up)
            .Select(other => (other.Left + other.Right - one.Left - one.Right) / 2 / (other.Up - one.Up)));
        return Median(slopes);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
