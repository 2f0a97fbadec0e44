namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// The header of a GGUF model (version 2 or 3), read and checked to the last tensor, so that the native loader only ever
/// sees a whole file. Nothing is allocated by a number the file states before that number is checked against its size.
/// </summary>
internal sealed class GgufFile
{
    private const int MaxDimensions = 4;
    private const uint DefaultAlignment = 32;

    private readonly Dictionary<string, GgufValue> _values = new(StringComparer.Ordinal);

    private GgufFile(string path, long length, DateTime lastWrite)
    {
        Path = path;
        Length = length;
        LastWriteTicks = lastWrite.Ticks;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Last write, UTC, in ticks.</summary>
    public long LastWriteTicks { get; }

    /// <summary>Where each key's value lies.</summary>
    public IReadOnlyDictionary<string, GgufValue> Values => _values;

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="EngineException">ModelNotFound, NotAModel, ModelTruncated, or ModelUnsupported.</exception>
    public static GgufFile Read(string path)
    {
        using var stream = Open(path);
        var full = System.IO.Path.GetFullPath(path);
        var file = new GgufFile(full, stream.Length, File.GetLastWriteTimeUtc(full));
        file.ReadHeader(new GgufReader(stream, path));
        return file;
    }

    /// <summary>Opens a model file for reading; failures are named.</summary>
    /// <exception cref="EngineException">ModelNotFound or NotAModel.</exception>
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
            throw new EngineException(EngineError.NotAModel, $"'{path}' is a folder. Give the path of the .gguf file in it.");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EngineException(EngineError.ModelNotFound, $"There is no model file '{path}'. Check the path.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            throw new EngineException(
                EngineError.ModelNotFound, $"The model file '{path}' cannot be read: {e.Message} Check its path and permissions.", e);
        }
    }

    private void ReadHeader(GgufReader reader)
    {
        Span<byte> magic = stackalloc byte[4];
        var head = magic[..(int)Math.Min(4, reader.Length)];
        reader.Fill(head);
        if (head.IsEmpty) throw reader.NotAModel("the file is empty");
        if (!head.SequenceEqual("GGUF"u8[..head.Length])) throw reader.NotAModel("it does not begin with 'GGUF'");
        if (head.Length < 4) throw reader.Truncated();

        var version = reader.ReadUInt32();
        if (version is not (2 or 3))
        {
            var reason = version == 1 ? "GGUF version 1" : (version & 0xFFFF) == 0 ? "a big-endian GGUF" : $"GGUF version {version}";
            throw new EngineException(EngineError.ModelUnsupported, $"'{Path}' is {reason}; versions 2 and 3 are read. Convert it with a current llama.cpp.");
        }

        // A tensor entry has at least name length, dimensions, type and offset; a value at least name length, type, one byte.
        var tensors = reader.ReadCount(8 + 4 + 4 + 8);
        var values = reader.ReadCount(8 + 4 + 1);
        for (var i = 0L; i < values; i++) ReadValue(reader);
        var alignment = ReadAlignment(reader);
        var ends = new List<(ulong Offset, ulong Bytes)>();
        for (var i = 0L; i < tensors; i++) ends.Add(ReadTensor(reader, alignment));

        var data = (reader.Position + alignment - 1) / alignment * alignment;
        var room = (ulong)Math.Max(0, reader.Length - data);
        foreach (var (offset, bytes) in ends)
        {
            if (offset > room || bytes > room - offset) throw reader.Truncated();
        }
    }

    private void ReadValue(GgufReader reader)
    {
        var key = reader.ReadName();
        var type = reader.ReadUInt32();
        var elementType = type;
        var count = 1L;
        if (type == GgufTypes.Array)
        {
            elementType = reader.ReadUInt32();
            if (elementType == GgufTypes.Array) throw reader.NotAModel($"key '{key}' is an array of arrays");
        }

        var size = GgufTypes.ValueSize(elementType);
        if (size < 0) throw reader.NotAModel($"key '{key}' has the unknown type {elementType}");
        if (type == GgufTypes.Array) count = reader.ReadCount(Math.Max(size, elementType == GgufTypes.Text ? 8 : 1));
        var start = reader.Position;
        if (elementType == GgufTypes.Text)
            for (var i = 0L; i < count; i++) reader.Skip(reader.ReadCount(1));
        else
            reader.Skip(count * size);
        if (!_values.TryAdd(key, new GgufValue(elementType, type == GgufTypes.Array, start, count)))
            throw reader.NotAModel($"key '{key}' appears twice");
    }

    private uint ReadAlignment(GgufReader reader)
    {
        if (!_values.TryGetValue("general.alignment", out var value)) return DefaultAlignment;
        if (value.Type != GgufTypes.UInt32 || value.IsArray) throw reader.NotAModel("its alignment is not a number");
        var here = reader.Position;
        reader.Seek(value.Start);
        var alignment = reader.ReadUInt32();
        reader.Seek(here);
        return alignment is > 0 and <= 1 << 20 && (alignment & (alignment - 1)) == 0
            ? alignment
            : throw reader.NotAModel($"its alignment is {alignment}");
    }

    private static (ulong Offset, ulong Bytes) ReadTensor(GgufReader reader, uint alignment)
    {
        var name = reader.ReadName();
        var dimensions = reader.ReadUInt32();
        if (dimensions > MaxDimensions) throw reader.NotAModel($"tensor '{name}' has {dimensions} dimensions");
        UInt128 elements = 1;
        var row = 1UL;
        for (var i = 0; i < dimensions; i++)
        {
            var extent = reader.ReadUInt64();
            if (extent is 0 or > long.MaxValue) throw reader.NotAModel($"tensor '{name}' has an extent of {extent}");
            if (i == 0) row = extent;
            elements *= extent;
            if (elements > long.MaxValue) throw reader.NotAModel($"tensor '{name}' has too many elements");
        }

        var type = reader.ReadUInt32();
        var offset = reader.ReadUInt64();
        if (offset % alignment != 0) throw reader.NotAModel($"tensor '{name}' is not aligned");
        if (GgufTypes.Block(type) is not { } block) return (offset, 0);
        if (row % (ulong)block.Elements != 0) throw reader.NotAModel($"the rows of tensor '{name}' are not whole blocks");
        var bytes = elements / (ulong)block.Elements * (ulong)block.Bytes;
        return bytes <= ulong.MaxValue ? (offset, (ulong)bytes) : throw reader.Truncated();
    }
}

/// <summary>Where a key's value lies in the file.</summary>
/// <param name="Type">GGUF type of the value or of the array's elements.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Start">Byte where the value, or the array's first element, begins.</param>
/// <param name="Count">Elements; 1 when not an array.</param>
internal readonly record struct GgufValue(uint Type, bool IsArray, long Start, long Count);
