namespace WisePanda.Imaging.Jpeg;

/// <summary>One colour channel and its coefficients, 64 to a block, in row order within the block.</summary>
internal sealed class JpegComponent(int id, int across, int down, int quantiser)
{
    public int Id { get; } = id;

    /// <summary>Blocks of it in a minimum coded unit, side by side and below each other (1 to 4).</summary>
    public int Across { get; } = across;

    public int Down { get; } = down;

    public int Quantiser { get; } = quantiser;

    /// <summary>Blocks that its samples need.</summary>
    public int Columns { get; private set; }

    public int Rows { get; private set; }

    /// <summary>Blocks of a row as stored, filled up to whole coded units.</summary>
    public int Stride { get; private set; }

    public short[] Coefficients { get; private set; } = [];

    public int Predictor { get; set; }

    public void Allocate(JpegFrame frame)
    {
        Columns = JpegFrame.Up(JpegFrame.Up(frame.Width * Across, frame.MostAcross), 8);
        Rows = JpegFrame.Up(JpegFrame.Up(frame.Height * Down, frame.MostDown), 8);
        Stride = frame.UnitsAcross * Across;
        Coefficients = new short[(long)Stride * frame.UnitsDown * Down * 64];
    }

    public Span<short> Block(int column, int row) => Coefficients.AsSpan((row * Stride + column) * 64, 64);
}

/// <summary>The frame header (ITU-T T.81, B.2.2) and the channels it names.</summary>
internal sealed class JpegFrame
{
    public JpegFrame(ReadOnlySpan<byte> data, bool progressive)
    {
        if (data.Length < 6 || data.Length < 6 + 3 * data[5]) throw ImageException.Damaged("its frame header is short");
        if (data[0] != 8) throw ImageException.Unsupported($"A JPEG with {data[0]} bits a sample");
        (Height, Width) = (data[1] << 8 | data[2], data[3] << 8 | data[4]);
        ImageFile.GuardPixels(Width, Height);
        if (data[5] is not (1 or 3)) throw ImageException.Unsupported($"A JPEG of {data[5]} colour channels");
        Progressive = progressive;
        var components = new JpegComponent[data[5]];
        for (var i = 0; i < components.Length; i++)
        {
            var (id, sampling, quantiser) = (data[6 + 3 * i], data[7 + 3 * i], data[8 + 3 * i]);
            if (sampling >> 4 is < 1 or > 4 || (sampling & 15) is < 1 or > 4 || quantiser > 3) throw ImageException.Damaged("its frame header is out of range");
            // A single channel is never interleaved: its sampling means nothing (T.81, A.2.2).
            components[i] = components.Length == 1 ? new JpegComponent(id, 1, 1, quantiser) : new JpegComponent(id, sampling >> 4, sampling & 15, quantiser);
        }

        Components = components;
        (MostAcross, MostDown) = (components.Max(c => c.Across), components.Max(c => c.Down));
        (UnitsAcross, UnitsDown) = (Up(Width, 8 * MostAcross), Up(Height, 8 * MostDown));
        foreach (var component in components) component.Allocate(this);
    }

    public int Width { get; }

    public int Height { get; }

    public bool Progressive { get; }

    public IReadOnlyList<JpegComponent> Components { get; }

    public int MostAcross { get; }

    public int MostDown { get; }

    /// <summary>Minimum coded units of the picture.</summary>
    public int UnitsAcross { get; }

    public int UnitsDown { get; }

    /// <summary><paramref name="value"/> / <paramref name="by"/>, rounded up.</summary>
    public static int Up(int value, int by) => (value + by - 1) / by;
}
