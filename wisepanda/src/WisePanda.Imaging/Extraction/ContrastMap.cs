namespace WisePanda.Imaging.Extraction;

/// <summary>How much each pixel differs from the ground, and from where on it is the fragment's.</summary>
internal sealed class ContrastMap
{
    // Below it, noise would be taken for a fragment.
    private const double LeastContrast = 25;

    // Less than half: ink at an end is dark, and so nearer to a shaded ground than the slip is.
    private const double ThresholdShare = 0.35;

    private ContrastMap(int width, int height, byte[] levels, double threshold) =>
        (Width, Height, Levels, Threshold) = (width, height, levels, threshold);

    public int Width { get; }

    public int Height { get; }

    /// <summary>Levels from the ground, row by row, at most 255.</summary>
    public byte[] Levels { get; }

    /// <summary>From which level on a pixel is the fragment's: between the ground's mean and the fragment's.</summary>
    public double Threshold { get; }

    /// <exception cref="ImageException">Nothing differs enough from the ground.</exception>
    public static ContrastMap Of(Raster picture)
    {
        var ground = Ground.Of(picture);
        var levels = new byte[picture.Width * picture.Height];
        var histogram = new long[256];
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                var at = y * picture.Width + x;
                var pixel = picture.Rgba.AsSpan(4 * at, 4);
                // What is transparent is ground.
                var level = pixel[3] < 128 ? (byte)0 : (byte)Math.Min(255, Math.Round(ground.Distance(x, y, pixel[0], pixel[1], pixel[2])));
                levels[at] = level;
                histogram[level]++;
            }
        }

        var (low, high) = Classes(histogram);
        if (high - low < LeastContrast)
            throw new ImageException(ImageFault.NoFragment, "Nothing stands out from the ground: photograph the fragment on a plain ground of another colour.");
        return new ContrastMap(picture.Width, picture.Height, levels, low + ThresholdShare * (high - low));
    }

    /// <summary>The mean levels of the two classes that Otsu's threshold makes: that of the greatest variance between them (Otsu 1979).</summary>
    private static (double Low, double High) Classes(long[] histogram)
    {
        double total = histogram.Sum(), sum = histogram.Select((count, level) => (double)count * level).Sum();
        var (best, low, high) = (-1.0, 0.0, 0.0);
        var (countBelow, sumBelow) = (0.0, 0.0);
        for (var level = 0; level < 255; level++)
        {
            countBelow += histogram[level];
            sumBelow += (double)histogram[level] * level;
            if (countBelow == 0 || countBelow == total) continue;
            var (meanBelow, meanAbove) = (sumBelow / countBelow, (sum - sumBelow) / (total - countBelow));
            var between = countBelow * (total - countBelow) * (meanAbove - meanBelow) * (meanAbove - meanBelow);
            if (between > best) (best, low, high) = (between, meanBelow, meanAbove);
        }

        return (low, high);
    }
}
