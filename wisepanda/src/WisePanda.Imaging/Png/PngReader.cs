namespace WisePanda.Imaging.Png;

/// <summary>Reads PNG files of every colour type, depth and interlacing; ancillary chunks other than tRNS are left aside.</summary>
internal static class PngReader
{
    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(PngChunks.Signature);

    /// <exception cref="ImageException">Too large, cut off or damaged.</exception>
    public static Raster Decode(byte[] file)
    {
        PngHeader? header = null;
        byte[] palette = [], transparency = [];
        using var pixels = new MemoryStream();
        foreach (var (type, data) in PngChunks.Read(file))
        {
            if (type == "IHDR") header = PngHeader.Parse(data.Span);
            else if (type == "PLTE") palette = data.ToArray();
            else if (type == "tRNS") transparency = data.ToArray();
            else if (type == "IDAT") pixels.Write(data.Span);
        }

        if (header is null) throw ImageException.Damaged("it has no header");
        if (header.ColourType == 3 && palette.Length < 3) throw ImageException.Damaged("it has no palette");
        return Unpack(header, new PngPixels(header, palette, transparency), pixels.ToArray());
    }

    private static Raster Unpack(PngHeader header, PngPixels colours, byte[] deflated)
    {
        var passes = header.Passes
            .Select(pass => (pass.X, pass.Y, pass.StepX, pass.StepY, Columns: Count(header.Width, pass.X, pass.StepX), Rows: Count(header.Height, pass.Y, pass.StepY)))
            .Where(pass => pass is { Columns: > 0, Rows: > 0 })
            .ToArray();
        var size = passes.Sum(pass => (long)pass.Rows * (1 + header.RowBytes(pass.Columns)));
        if (size > int.MaxValue) throw ImageException.Unsupported("A PNG of more than 2 GB of samples");
        var samples = PngChunks.Inflate(deflated, (int)size);
        var raster = new Raster(header.Width, header.Height);
        var at = 0;
        foreach (var pass in passes)
        {
            var length = header.RowBytes(pass.Columns);
            ReadOnlySpan<byte> above = new byte[length];
            for (var row = 0; row < pass.Rows; row++)
            {
                var line = samples.AsSpan(at + 1, length);
                Unfilter(samples[at], line, above, header.PixelBytes);
                for (var column = 0; column < pass.Columns; column++)
                    colours.Put(raster, pass.X + column * pass.StepX, pass.Y + row * pass.StepY, line, column);
                above = line;
                at += 1 + length;
            }
        }

        return raster;
    }

    private static int Count(int size, int first, int step) => (size - first + step - 1) / step;

    // PNG specification, section 9.2.
    private static void Unfilter(byte filter, Span<byte> line, ReadOnlySpan<byte> above, int back)
    {
        if (filter > 4) throw ImageException.Damaged("a row has an unknown filter");
        for (var i = 0; i < line.Length; i++)
        {
            var (left, corner) = i < back ? (0, 0) : (line[i - back], (int)above[i - back]);
            line[i] += (byte)(filter switch
            {
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], corner),
                _ => 0,
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var guess = left + up - corner;
        var (toLeft, toUp, toCorner) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        if (toLeft <= toUp && toLeft <= toCorner) return left;
        return toUp <= toCorner ? up : corner;
    }
}
