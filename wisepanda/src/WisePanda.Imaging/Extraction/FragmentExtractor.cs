using WisePanda.Edges;

namespace WisePanda.Imaging.Extraction;

/// <summary>
/// Finds the profiles of a fragment photographed on a plain ground: ground, threshold, largest piece, deskew, boundary at both ends.
/// The fragment lies wholly in the picture, its top upwards, turned by less than 90 degrees, longer than it is wide and at least
/// <see cref="LeastWidth"/> pixels wide. Its colour differs from every shade (0.6 to 1.1 times as bright) of the ground; so does
/// ink where it reaches an end, which black ink on a black ground does not.
/// </summary>
public static class FragmentExtractor
{
    /// <summary>The narrowest slip, in pixels: one for each height of a profile.</summary>
    public const int LeastWidth = Edge.Width;

    /// <summary>Length of the shortest fragment, in widths: below it, ends and sides look alike.</summary>
    public const double LeastLength = 1.2;

    /// <exception cref="ImageException">There is no fragment, or not all of it, or it is too small.</exception>
    public static ExtractedFragment Extract(Raster photograph, string name)
    {
        var contrast = ContrastMap.Of(photograph);
        var piece = Piece.Largest(contrast);
        var slip = SlipFrame.Of(piece);
        if (slip.Width < LeastWidth)
            throw new ImageException(ImageFault.TooSmall, $"The slip is {slip.Width:F0} pixels wide; at least {LeastWidth} are needed: photograph it closer.");
        if (slip.Length < LeastLength * slip.Width)
            throw new ImageException(ImageFault.TooShort, $"The fragment is {slip.Length / slip.Width:F1} times as long as wide; at least {LeastLength} is needed to tell its ends from its sides.");

        var boundary = new EndBoundary(piece, slip);
        var (top, bottom) = (boundary.Trace(EdgeEnd.Top), boundary.Trace(EdgeEnd.Bottom));
        var (topZero, bottomZero) = (top.Min(), bottom.Min());
        return new ExtractedFragment(
            new Edge(name, EdgeEnd.Top, Heights(top, topZero)),
            new Edge(name, EdgeEnd.Bottom, Heights(bottom, bottomZero)),
            slip.Tilt * 180 / Math.PI,
            slip.Width,
            UprightCut.Of(photograph, piece, slip, topZero, bottomZero));

        float[] Heights(double[] pixels, double zero) => [.. pixels.Select(up => (float)Math.Round((up - zero) * Edge.Width / slip.Width, 2))];
    }
}
