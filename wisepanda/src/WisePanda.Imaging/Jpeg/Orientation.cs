using System.Buffers.Binary;

namespace WisePanda.Imaging.Jpeg;

/// <summary>Which way up a camera says that it was held (Exif 2.32, tag 0x0112): it decides which end is the top.</summary>
internal static class Orientation
{
    private const int Tag = 0x0112;

    /// <summary>1 to 8 from an APP1 segment, or null where it says nothing readable.</summary>
    public static int? Read(ReadOnlySpan<byte> segment)
    {
        if (!segment.StartsWith("Exif\0\0"u8) || segment.Length < 16) return null;
        var tiff = segment[6..];
        var little = tiff[0] == (byte)'I';
        var directory = Long(tiff[4..]);
        if (directory > tiff.Length - 2) return null;
        var entries = tiff[(int)directory..];
        var count = Short(entries);
        for (var i = 0; i < count && 2 + 12 * (i + 1) <= entries.Length; i++)
        {
            var entry = entries.Slice(2 + 12 * i, 12);
            if (Short(entry) == Tag && Short(entry[8..]) is >= 1 and <= 8 and var held) return held;
        }

        return null;

        int Short(ReadOnlySpan<byte> from) => little ? BinaryPrimitives.ReadUInt16LittleEndian(from) : BinaryPrimitives.ReadUInt16BigEndian(from);
        uint Long(ReadOnlySpan<byte> from) => little ? BinaryPrimitives.ReadUInt32LittleEndian(from) : BinaryPrimitives.ReadUInt32BigEndian(from);
    }

    /// <summary>The picture as it was seen.</summary>
    public static Raster Apply(Raster from, int orientation)
    {
        if (orientation == 1) return from;
        var turned = orientation >= 5;
        var (width, height) = turned ? (from.Height, from.Width) : (from.Width, from.Height);
        var to = new Raster(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (right, bottom) = (from.Width - 1, from.Height - 1);
                var (fromX, fromY) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                from.Rgba.AsSpan(4 * (fromY * from.Width + fromX), 4).CopyTo(to.Rgba.AsSpan(4 * (y * width + x)));
            }
        }

        return to;
    }
}
