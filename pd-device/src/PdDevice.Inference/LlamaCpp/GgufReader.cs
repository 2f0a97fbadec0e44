using System.Buffers.Binary;
using System.Text;
using PdDevice.Core.Wire;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Reads little-endian values of a file and never past its end: what would reach beyond is ModelTruncated.</summary>
internal sealed class GgufReader(Stream stream, string name)
{
    private const int LongestName = 65_535;
    private const int LongestReason = 120; // it quotes the file

    public long Position => stream.Position;

    public long Length => stream.Length;

    public long Remaining => stream.Length - stream.Position;

    public byte ReadByte()
    {
        Span<byte> b = stackalloc byte[1];
        Fill(b);
        return b[0];
    }

    public uint ReadUInt32()
    {
        Span<byte> b = stackalloc byte[4];
        Fill(b);
        return BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    public ulong ReadUInt64()
    {
        Span<byte> b = stackalloc byte[8];
        Fill(b);
        return BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    /// <summary>A count of things of at least <paramref name="bytesEach"/> bytes that must all fit into the rest of the file.</summary>
    public long ReadCount(int bytesEach)
    {
        var count = ReadUInt64();
        return count <= (ulong)(Remaining / bytesEach) ? (long)count : throw Truncated();
    }

    /// <summary>The name of a key or a tensor.</summary>
    public string ReadName()
    {
        var length = ReadCount(1);
        if (length > LongestName) throw NotAModel($"a name of {length} bytes");
        return ReadText(length);
    }

    public string ReadText(long length)
    {
        var bytes = new byte[length];
        Fill(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Bytes as a text of as many characters, so that two are equal only when their bytes are.</summary>
    public string ReadBytesAsText(long length)
    {
        var bytes = new byte[length];
        Fill(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    public void Skip(long bytes)
    {
        if (bytes > Remaining) throw Truncated();
        stream.Seek(bytes, SeekOrigin.Current);
    }

    public void Seek(long position) => stream.Seek(position, SeekOrigin.Begin);

    public void Fill(Span<byte> target)
    {
        if (target.Length > Remaining) throw Truncated();
        stream.ReadExactly(target);
    }

    public EngineException Truncated() => new(
        EngineError.ModelTruncated,
        $"'{name}' ends before its contents do (at {stream.Length} bytes): the download or copy was cut short. Fetch the file again.");

    public EngineException NotAModel(string why) => new(
        EngineError.NotAModel,
        $"'{name}' is not a GGUF model: {AssistRules.Printable(why, LongestReason)}. Give the path of a .gguf file.");
}
