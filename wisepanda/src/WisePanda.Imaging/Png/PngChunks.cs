using System.Buffers.Binary;
using System.IO.Compression;

namespace WisePanda.Imaging.Png;

/// <summary>One chunk of a PNG file (PNG specification, section 5.3).</summary>
internal readonly record struct PngChunk(string Type, ReadOnlyMemory<byte> Data);

/// <summary>Cuts a PNG file into chunks and checks each one's sum.</summary>
internal static class PngChunks
{
    /// <summary>The eight bytes that every PNG starts with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1))];

    public static IEnumerable<PngChunk> Read(ReadOnlyMemory<byte> file)
    {
        for (var at = Signature.Length; ; )
        {
            if (at + 12 > file.Length) throw ImageException.CutOff();
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.Span[at..]);
            if (length > file.Length - at - 12) throw ImageException.CutOff();
            var body = file.Slice(at + 4, 4 + (int)length);
            if (Crc(body.Span) != BinaryPrimitives.ReadUInt32BigEndian(file.Span[(at + 8 + (int)length)..])) throw ImageException.Damaged("a chunk's sum is wrong");
            var type = System.Text.Encoding.Latin1.GetString(body.Span[..4]);
            yield return new PngChunk(type, body[4..]);
            if (type == "IEND") yield break;
            at += 12 + (int)length;
        }
    }

    public static void Write(Stream to, string type, ReadOnlySpan<byte> data)
    {
        var body = new byte[4 + data.Length];
        System.Text.Encoding.Latin1.GetBytes(type, body);
        data.CopyTo(body.AsSpan(4));
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        to.Write(number);
        to.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        to.Write(number);
    }

    /// <summary>Exactly <paramref name="size"/> bytes of a zlib stream; what follows is never inflated.</summary>
    public static byte[] Inflate(byte[] deflated, int size)
    {
        var inflated = new byte[size];
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(deflated), CompressionMode.Decompress);
            zlib.ReadExactly(inflated);
            return inflated;
        }
        catch (EndOfStreamException cut)
        {
            throw ImageException.CutOff(cut);
        }
        catch (InvalidDataException damaged)
        {
            throw ImageException.Damaged("its pixels do not inflate", damaged);
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes) sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        return ~sum;
    }
}
