namespace WisePanda.Imaging.Jpeg;

/// <summary>Reads JPEG files: sequential and progressive, grey or three channels of 8 bits, Huffman coded (ITU-T T.81).</summary>
internal sealed class JpegReader
{
    // A progressive file needs ten or so; a file of thousands of empty scans would only burn time.
    private const int MostScans = 100;

    private readonly byte[] file;
    private readonly int[][] quantisers = new int[4][];
    private readonly HuffmanTable?[] tables = new HuffmanTable?[8]; // DC 0 to 3, AC 4 to 7
    private JpegFrame? frame;
    private int restartEvery;
    private int scans;
    private int orientation = 1;
    private bool isRgb;

    private JpegReader(byte[] file) => this.file = file;

    public static bool IsJpeg(ReadOnlySpan<byte> file) => file.StartsWith<byte>([0xFF, 0xD8]);

    /// <exception cref="ImageException">Too large, cut off, damaged or of a kind that is not read.</exception>
    public static Raster Decode(byte[] file) => new JpegReader(file).Decode();

    private Raster Decode()
    {
        var at = 2;
        while (true)
        {
            var marker = NextMarker(ref at);
            if (marker == 0xD9) break;
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7)) continue; // these carry nothing
            if (at + 2 > file.Length) throw ImageException.CutOff();
            var length = file[at] << 8 | file[at + 1];
            if (length < 2) throw ImageException.Damaged("a segment has no length");
            if (at + length > file.Length) throw ImageException.CutOff();
            var data = file.AsSpan(at + 2, length - 2);
            at += length;
            if (marker == 0xDA) at = ReadScan(data, at);
            else ReadSegment(marker, data);
        }

        if (frame is null || scans == 0) throw ImageException.Damaged("it holds no picture");
        return Orientation.Apply(JpegColours.ToRaster(frame, quantisers, isRgb), orientation);
    }

    private int NextMarker(ref int at)
    {
        if (at + 1 < file.Length && file[at] != 0xFF) throw ImageException.Damaged("a marker is missing");
        while (at < file.Length && file[at] == 0xFF) at++;
        if (at >= file.Length) throw ImageException.CutOff();
        return file[at++];
    }

    private void ReadSegment(int marker, ReadOnlySpan<byte> data)
    {
        switch (marker)
        {
            case 0xC0 or 0xC1 or 0xC2:
                if (frame is not null) throw ImageException.Damaged("it has two frames");
                frame = new JpegFrame(data, progressive: marker == 0xC2);
                isRgb |= frame.Components.Select(component => component.Id).SequenceEqual([(int)'R', 'G', 'B']);
                break;
            case 0xC4:
                ReadTables(data);
                break;
            case >= 0xC3 and <= 0xCF:
                throw ImageException.Unsupported("A lossless or arithmetically coded JPEG");
            case 0xDB:
                ReadQuantisers(data);
                break;
            case 0xDD:
                restartEvery = data[0] << 8 | data[1];
                break;
            case 0xE1:
                orientation = Orientation.Read(data) ?? orientation;
                break;
            case 0xEE when data.Length >= 12 && data.StartsWith("Adobe"u8):
                isRgb |= data[11] == 0;
                break;
        }
    }

    private void ReadQuantisers(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var (wide, id) = (data[0] >> 4, data[0] & 15);
            var steps = new int[64];
            for (var k = 0; k < 64; k++)
                steps[Zigzag.Order[k]] = wide == 0 ? data[1 + k] : data[1 + 2 * k] << 8 | data[2 + 2 * k];
            quantisers[id] = steps;
            data = data[(wide == 0 ? 65 : 129)..];
        }
    }

    private void ReadTables(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var (kind, id) = (data[0] >> 4, data[0] & 15);
            if (kind > 1 || id > 3) throw ImageException.Damaged("a Huffman table has no such number");
            var counts = data.Slice(1, 16);
            var total = 0;
            foreach (var count in counts) total += count;
            tables[4 * kind + id] = new HuffmanTable(counts, data.Slice(17, total).ToArray());
            data = data[(17 + total)..];
        }
    }

    private int ReadScan(ReadOnlySpan<byte> data, int at)
    {
        if (frame is null) throw ImageException.Damaged("pixels come before the frame header");
        if (++scans > MostScans) throw ImageException.Damaged($"more than {MostScans} scans");
        var parts = new (JpegComponent, HuffmanTable?, HuffmanTable?)[data[0]];
        for (var i = 0; i < parts.Length; i++)
        {
            var (id, use) = (data[1 + 2 * i], data[2 + 2 * i]);
            var component = frame.Components.FirstOrDefault(component => component.Id == id) ?? throw ImageException.Damaged("a scan names an unknown channel");
            parts[i] = (component, tables[(use >> 4) & 3], tables[4 + (use & 3)]);
        }

        var rest = data[(1 + 2 * parts.Length)..];
        var scan = frame.Progressive ? new JpegScan(parts, rest[0], rest[1], rest[2] >> 4, rest[2] & 15) : new JpegScan(parts, 0, 63, 0, 0);
        if (parts.Length == 0 || scan.First > scan.Last || scan.Last > 63 || (frame.Progressive && scan.First == 0 && scan.Last > 0))
            throw ImageException.Damaged("a scan header is out of range");
        var bits = new BitReader(file, at);
        new ScanDecoder(frame, scan, bits, restartEvery).Decode();
        return bits.Position;
    }
}
