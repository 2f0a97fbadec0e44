namespace WisePanda.Imaging.Extraction;

/// <summary>The colour of a plain, unevenly lit ground: for each channel a plane fitted to the picture's outermost pixels.</summary>
internal sealed class Ground
{
    private const double DarkestShade = 0.6; // a shadow of the fragment
    private const double BrightestShade = 1.1;
    private const int MostSamples = 4_000;
    private const int Rounds = 4;

    private readonly double[][] planes;
    private readonly double halfWidth, halfHeight;

    private Ground(double[][] planes, double halfWidth, double halfHeight) =>
        (this.planes, this.halfWidth, this.halfHeight) = (planes, halfWidth, halfHeight);

    public static Ground Of(Raster picture)
    {
        var (halfWidth, halfHeight) = (picture.Width / 2.0, picture.Height / 2.0);
        var border = Border(picture);
        var fitted = Enumerable.Range(0, 3)
            .Select(channel => Fit([.. border.Select(at => (at.X / halfWidth - 1, at.Y / halfHeight - 1, (double)picture.Rgba[4 * (at.Y * picture.Width + at.X) + channel]))]))
            .ToArray();
        return new Ground(fitted, halfWidth, halfHeight);
    }

    /// <summary>How far a colour at (x, y) is from the nearest shade of the ground: 0 to 442 levels.</summary>
    public double Distance(int x, int y, byte red, byte green, byte blue)
    {
        var (u, v) = (x / halfWidth - 1, y / halfHeight - 1);
        var (r, g, b) = (At(planes[0]), At(planes[1]), At(planes[2]));
        var square = r * r + g * g + b * b;
        var shade = square < 1 ? 1 : Math.Clamp((red * r + green * g + blue * b) / square, DarkestShade, BrightestShade);
        var (dr, dg, db) = (red - shade * r, green - shade * g, blue - shade * b);
        return Math.Sqrt(dr * dr + dg * dg + db * db);

        double At(double[] plane) => plane[0] + plane[1] * u + plane[2] * v;
    }

    private static List<(int X, int Y)> Border(Raster picture)
    {
        var depth = Math.Max(1, Math.Min(picture.Width, picture.Height) / 50);
        var pixels = 2L * depth * (picture.Width + picture.Height);
        var step = (int)Math.Max(1, pixels / MostSamples);
        var border = new List<(int, int)>();
        var count = 0;
        for (var y = 0; y < picture.Height; y++)
        {
            var inner = y >= depth && y < picture.Height - depth;
            for (var x = 0; x < picture.Width; x++)
            {
                if (inner && x == depth) x = Math.Max(x, picture.Width - depth);
                if (x < picture.Width && count++ % step == 0) border.Add((x, y));
            }
        }

        return border;
    }

    // Least squares, then again without what lies far off: dust, a ruler's corner, a fragment that reaches the border.
    private static double[] Fit((double U, double V, double Level)[] samples)
    {
        var kept = samples;
        double[] plane = [Median(samples.Select(sample => sample.Level)), 0, 0];
        for (var round = 0; round < Rounds; round++)
        {
            var limit = 2 + 3 * Median(samples.Select(Residual));
            kept = [.. samples.Where(sample => Residual(sample) <= limit)];
            plane = Solve(kept) ?? plane;
        }

        return plane;

        double Residual((double U, double V, double Level) sample) => Math.Abs(sample.Level - plane[0] - plane[1] * sample.U - plane[2] * sample.V);
    }

    private static double[]? Solve((double U, double V, double Level)[] samples)
    {
        if (samples.Length < 3) return null;
        var normal = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(samples.Length, 3, (row, column) => column switch { 0 => 1, 1 => samples[row].U, _ => samples[row].V });
        var levels = MathNet.Numerics.LinearAlgebra.Vector<double>.Build.Dense(samples.Length, row => samples[row].Level);
        var plane = normal.TransposeThisAndMultiply(normal).Solve(normal.TransposeThisAndMultiply(levels)).ToArray();
        return plane.All(double.IsFinite) ? plane : null;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
