namespace WisePanda.Imaging;

/// <summary>A decoded picture: 8 bits each of red, green, blue and alpha, row by row from the top left.</summary>
public sealed class Raster
{
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive, or there are more than <see cref="ImageFile.MostPixels"/> pixels.</exception>
    public Raster(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)width * height, ImageFile.MostPixels, nameof(width));
        (Width, Height, Rgba) = (width, height, new byte[width * height * 4]);
    }

    /// <summary>Columns, in pixels.</summary>
    public int Width { get; }

    /// <summary>Rows, in pixels.</summary>
    public int Height { get; }

    /// <summary>The samples, <c>4 * Width * Height</c> bytes; the pixel (x, y) starts at <c>4 * (y * Width + x)</c>.</summary>
    public byte[] Rgba { get; }

    public void Set(int x, int y, byte red, byte green, byte blue, byte alpha = 255)
    {
        var at = 4 * (y * Width + x);
        Rgba[at] = red;
        Rgba[at + 1] = green;
        Rgba[at + 2] = blue;
        Rgba[at + 3] = alpha;
    }
}
