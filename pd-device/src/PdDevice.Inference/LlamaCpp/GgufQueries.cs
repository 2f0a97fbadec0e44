namespace PdDevice.Inference.LlamaCpp;

/// <summary>Single values of a GGUF header.</summary>
internal static class GgufQueries
{
    private const int LongestText = 1 << 20;

    /// <summary>A text value of at most a megabyte; null when the key is absent or something else.</summary>
    public static string? Text(this GgufFile file, string key)
    {
        if (!file.Values.TryGetValue(key, out var value) || value.IsArray || value.Type != GgufTypes.Text) return null;
        using var stream = GgufFile.Open(file.Path);
        var reader = new GgufReader(stream, file.Path);
        reader.Seek(value.Start);
        var length = reader.ReadCount(1);
        return length <= LongestText ? reader.ReadText(length) : null;
    }

    /// <summary>A whole number; null when the key is absent or something else.</summary>
    public static long? Number(this GgufFile file, string key)
    {
        if (!file.Values.TryGetValue(key, out var value) || value.IsArray) return null;
        using var stream = GgufFile.Open(file.Path);
        var reader = new GgufReader(stream, file.Path);
        reader.Seek(value.Start);
        return reader.ReadInteger(value.Type);
    }

    /// <summary>A real number; null when the key is absent or something else.</summary>
    public static double? Real(this GgufFile file, string key)
    {
        if (!file.Values.TryGetValue(key, out var value) || value.IsArray) return null;
        using var stream = GgufFile.Open(file.Path);
        var reader = new GgufReader(stream, file.Path);
        reader.Seek(value.Start);
        return value.Type switch
        {
            GgufTypes.Float32 => BitConverter.UInt32BitsToSingle(reader.ReadUInt32()),
            GgufTypes.Float64 => BitConverter.UInt64BitsToDouble(reader.ReadUInt64()),
            _ => null,
        };
    }

    /// <summary>A value of an integer type, widened; null for another type.</summary>
    public static long? ReadInteger(this GgufReader reader, uint type)
    {
        switch (type)
        {
            case GgufTypes.UInt8 or GgufTypes.Bool:
                return reader.ReadByte();
            case GgufTypes.Int8:
                return (sbyte)reader.ReadByte();
            case GgufTypes.UInt16:
                return (ushort)(reader.ReadByte() | reader.ReadByte() << 8);
            case GgufTypes.Int16:
                return (short)(reader.ReadByte() | reader.ReadByte() << 8);
            case GgufTypes.UInt32:
                return reader.ReadUInt32();
            case GgufTypes.Int32:
                return (int)reader.ReadUInt32();
            case GgufTypes.UInt64 or GgufTypes.Int64:
                return (long)reader.ReadUInt64();
            default:
                return null;
        }
    }
}
