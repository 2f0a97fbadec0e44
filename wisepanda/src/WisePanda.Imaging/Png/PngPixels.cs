namespace WisePanda.Imaging.Png;

/// <summary>Turns a PNG's samples, of any depth and colour type, into 8-bit RGBA.</summary>
internal sealed class PngPixels(PngHeader header, byte[] palette, byte[] transparency)
{
    private readonly int most = (1 << Math.Min(8, header.Depth)) - 1;

    /// <summary>Writes the pixel of one column of an unfiltered row to (x, y).</summary>
    public void Put(Raster raster, int x, int y, ReadOnlySpan<byte> line, int column)
    {
        var first = column * header.Channels;
        if (header.ColourType == 3)
        {
            var index = Sample(line, first);
            if (3 * index + 2 >= palette.Length) throw ImageException.Damaged("a pixel is outside its palette");
            raster.Set(x, y, palette[3 * index], palette[3 * index + 1], palette[3 * index + 2], index < transparency.Length ? transparency[index] : (byte)255);
            return;
        }

        var (red, green, blue) = header.Channels < 3
            ? (Byte(line, first), Byte(line, first), Byte(line, first))
            : (Byte(line, first), Byte(line, first + 1), Byte(line, first + 2));
        var alpha = header.ColourType >= 4 ? Byte(line, first + header.Channels - 1) : IsTransparent(line, first) ? (byte)0 : (byte)255;
        raster.Set(x, y, red, green, blue, alpha);
    }

    private byte Byte(ReadOnlySpan<byte> line, int sample) => (byte)(Sample(line, sample) * 255 / most);

    // Of a 16-bit sample the upper byte: the profiles need no more.
    private int Sample(ReadOnlySpan<byte> line, int sample)
    {
        if (header.Depth == 16) return line[2 * sample];
        if (header.Depth == 8) return line[sample];
        var bit = sample * header.Depth;
        return (line[bit / 8] >> (8 - header.Depth - bit % 8)) & most;
    }

    // tRNS of a grey or RGB picture names the one colour that is transparent, with 16 bits a sample.
    private bool IsTransparent(ReadOnlySpan<byte> line, int first)
    {
        if (transparency.Length < 2 * header.Channels) return false;
        for (var channel = 0; channel < header.Channels; channel++)
        {
            var named = header.Depth == 16 ? transparency[2 * channel] : transparency[2 * channel + 1];
            if (Sample(line, first + channel) != named) return false;
        }

        return true;
    }
}
