namespace WisePanda.Matching;

/// <summary>The slope of a line of whole pixels, smoothed so that its steps do not drown it.</summary>
public static class Gradients
{
    /// <summary>Half the smoothing window, in columns.</summary>
    public const int Half = 4;

    /// <summary>The least-squares slope over the columns up to <see cref="Half"/> to either side, fewer near the ends; pixels per column.</summary>
    public static void Smooth(ReadOnlySpan<float> heights, Span<float> gradient)
    {
        for (var centre = 0; centre < heights.Length; centre++)
        {
            var (from, to) = (Math.Max(0, centre - Half), Math.Min(heights.Length - 1, centre + Half));
            var middle = (from + to) / 2f;
            var (product, square) = (0f, 0f);
            for (var i = from; i <= to; i++)
            {
                product += (i - middle) * heights[i];
                square += (i - middle) * (i - middle);
            }
            gradient[centre] = product / square;
        }
    }
}
