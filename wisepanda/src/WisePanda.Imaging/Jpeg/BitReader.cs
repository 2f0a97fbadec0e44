namespace WisePanda.Imaging.Jpeg;

/// <summary>Reads the bits of entropy-coded data, up to the next marker (JPEG, ITU-T T.81, F.2.2.5).</summary>
internal sealed class BitReader(byte[] file, int start)
{
    private uint bits;
    private int held;
    private int padding; // of the bits held, those past the data's end

    /// <summary>The first byte that is not entropy-coded data, once the last bit is read.</summary>
    public int Position { get; private set; } = start;

    /// <summary>The next 16 bits without taking them; past the end they are zero.</summary>
    public int Peek16()
    {
        Fill();
        return (int)(bits >> 16);
    }

    /// <exception cref="ImageException">The data ended before these bits.</exception>
    public int Read(int count)
    {
        if (count == 0) return 0;
        Fill();
        var value = (int)(bits >> (32 - count));
        Skip(count);
        return value;
    }

    public void Skip(int count)
    {
        bits <<= count;
        held -= count;
        if (held >= padding) return;
        throw Position >= file.Length - 1 ? ImageException.CutOff() : ImageException.Damaged("a marker stands amid its pixels");
    }

    /// <summary>A signed value of that many bits (T.81, F.2.2.1, EXTEND).</summary>
    public int ReadSigned(int count)
    {
        if (count == 0) return 0;
        var value = Read(count);
        return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    }

    /// <summary>Drops the rest of the byte and passes over a restart marker.</summary>
    public void Restart()
    {
        (bits, held, padding) = (0, 0, 0);
        if (Position + 1 >= file.Length) throw ImageException.CutOff();
        if (file[Position] != 0xFF || file[Position + 1] is < 0xD0 or > 0xD7) throw ImageException.Damaged("a restart marker is missing");
        Position += 2;
    }

    private void Fill()
    {
        while (held <= 24)
        {
            var value = 0u;
            if (Position >= file.Length || (file[Position] == 0xFF && (Position + 1 >= file.Length || file[Position + 1] != 0)))
            {
                padding += 8;
            }
            else
            {
                value = file[Position];
                Position += value == 0xFF ? 2 : 1;
            }

            bits |= value << (24 - held);
            held += 8;
        }
    }
}
