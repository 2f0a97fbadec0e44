using System.Buffers.Binary;

namespace WisePanda.Imaging.Png;

/// <summary>The IHDR chunk (PNG specification, section 11.2.2).</summary>
internal sealed record PngHeader(int Width, int Height, int Depth, int ColourType, bool Interlaced)
{
    /// <summary>Samples of a pixel: 1 grey or palette, 2 grey and alpha, 3 RGB, 4 RGB and alpha.</summary>
    public int Channels => ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Bytes of a row of <paramref name="width"/> pixels, without its filter byte.</summary>
    public int RowBytes(int width) => (int)(((long)width * Channels * Depth + 7) / 8);

    /// <summary>Bytes that a filter looks back: of a whole pixel, at least one.</summary>
    public int PixelBytes => Math.Max(1, Channels * Depth / 8);

    /// <summary>The passes in file order: first column and row, and the steps between them. One pass unless interlaced (Adam7).</summary>
    public IEnumerable<(int X, int Y, int StepX, int StepY)> Passes => Interlaced
        ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        : [(0, 0, 1, 1)];

    public static PngHeader Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length != 13) throw ImageException.Damaged("its header has a wrong length");
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
        ImageFile.GuardPixels(width, height);
        var (depth, colour) = (data[8], data[9]);
        var known = colour switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!known || data[10] != 0 || data[11] != 0 || data[12] > 1) throw ImageException.Damaged("its header names no known kind of PNG");
        return new PngHeader((int)width, (int)height, depth, colour, data[12] == 1);
    }
}
