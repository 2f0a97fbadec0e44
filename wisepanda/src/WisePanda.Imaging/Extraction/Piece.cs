namespace WisePanda.Imaging.Extraction;

/// <summary>The largest connected piece that stands out from the ground.</summary>
internal sealed class Piece
{
    private const double LeastShare = 0.002; // of the picture: less is dust
    private const double MostSecond = 0.5;   // of the largest piece: more is a second fragment

    private readonly ContrastMap contrast;
    private readonly bool[] inside;

    private Piece(ContrastMap contrast, List<int> pixels)
    {
        this.contrast = contrast;
        inside = new bool[contrast.Levels.Length];
        foreach (var pixel in pixels) inside[pixel] = true;
        Outline = [.. pixels.Select(pixel => (X: pixel % contrast.Width, Y: pixel / contrast.Width)).Where(at => !AllAroundInside(at.X, at.Y))];
    }

    /// <summary>Its pixels that touch the ground.</summary>
    public IReadOnlyList<(int X, int Y)> Outline { get; }

    public double Threshold => contrast.Threshold;

    /// <exception cref="ImageException">There is none, there are two, or it reaches the picture's border.</exception>
    public static Piece Largest(ContrastMap contrast)
    {
        var (largest, second) = (new List<int>(), 0);
        var seen = new bool[contrast.Levels.Length];
        for (var start = 0; start < seen.Length; start++)
        {
            if (seen[start] || contrast.Levels[start] < contrast.Threshold) continue;
            var piece = Flood(contrast, seen, start);
            if (piece.Count > largest.Count) (largest, second) = (piece, largest.Count);
            else second = Math.Max(second, piece.Count);
        }

        if (largest.Count < LeastShare * seen.Length)
            throw new ImageException(ImageFault.NoFragment, "Nothing on the ground is large enough to be a fragment: photograph it closer, on a plain ground.");
        if (second > MostSecond * largest.Count)
            throw new ImageException(ImageFault.NoFragment, "Two pieces of much the same size stand out: photograph one fragment at a time, on a plain ground.");
        var found = new Piece(contrast, largest);
        if (found.Outline.Any(at => at.X == 0 || at.Y == 0 || at.X == contrast.Width - 1 || at.Y == contrast.Height - 1))
            throw new ImageException(ImageFault.OutOfFrame, "The fragment reaches the picture's border: photograph all of it, with ground around.");
        return found;
    }

    /// <summary>The contrast at a point between pixel centres, bilinear; beyond a pixel's distance from the piece it is 0.</summary>
    public double Sample(double x, double y)
    {
        var (left, up) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (right, down) = (x - left, y - up);
        return (1 - down) * ((1 - right) * Level(left, up) + right * Level(left + 1, up)) + down * ((1 - right) * Level(left, up + 1) + right * Level(left + 1, up + 1));
    }

    /// <summary>How far a ray runs, in pixels, until it first enters the piece; null where it does not within <paramref name="reach"/>.</summary>
    public double? Enter((double X, double Y) from, (double X, double Y) direction, double reach)
    {
        const double step = 0.5;
        var before = 0.0;
        for (var run = 0.0; run <= reach; run += step)
        {
            var level = Sample(from.X + run * direction.X, from.Y + run * direction.Y);
            if (level >= Threshold) return run - step * (level - Threshold) / (level - before);
            before = level;
        }

        return null;
    }

    private double Level(int x, int y) => Near(x, y) ? contrast.Levels[y * contrast.Width + x] : 0;

    private bool Near(int x, int y)
    {
        if (x < 0 || y < 0 || x >= contrast.Width || y >= contrast.Height) return false;
        for (var dy = -1; dy <= 1; dy++)
        {
            for (var dx = -1; dx <= 1; dx++)
                if (Inside(x + dx, y + dy)) return true;
        }

        return false;
    }

    private bool AllAroundInside(int x, int y) => Inside(x - 1, y) && Inside(x + 1, y) && Inside(x, y - 1) && Inside(x, y + 1);

    private bool Inside(int x, int y) => x >= 0 && y >= 0 && x < contrast.Width && y < contrast.Height && inside[y * contrast.Width + x];

    private static List<int> Flood(ContrastMap contrast, bool[] seen, int start)
    {
        var pixels = new List<int> { start };
        seen[start] = true;
        for (var next = 0; next < pixels.Count; next++)
        {
            var (x, at) = (pixels[next] % contrast.Width, pixels[next]);
            if (x > 0) Visit(at - 1);
            if (x < contrast.Width - 1) Visit(at + 1);
            Visit(at - contrast.Width);
            Visit(at + contrast.Width);
        }

        return pixels;

        void Visit(int pixel)
        {
            if (pixel < 0 || pixel >= seen.Length || seen[pixel] || contrast.Levels[pixel] < contrast.Threshold) return;
            seen[pixel] = true;
            pixels.Add(pixel);
        }
    }
}
