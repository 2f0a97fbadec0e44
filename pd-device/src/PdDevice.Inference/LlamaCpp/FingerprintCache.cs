using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Fingerprints of one file, valid while its size and last write stay as they are.</summary>
internal sealed record FingerprintEntry(string Path, long Length, long LastWriteTicks, string Tokenizer, string Weights);

/// <summary>
/// Remembers fingerprints on disk, since hashing a large model takes seconds. A broken file counts as empty, and a cache
/// that cannot be written is no error: the hashes are then computed at each start.
/// </summary>
internal sealed class FingerprintCache(string folder)
{
    private const int MostEntries = 256;
    private const int Sha256HexLength = 64;
    private readonly string _file = System.IO.Path.Combine(folder, "fingerprints.json");

    /// <summary>The cache of this user: XDG_CACHE_HOME or the local application data, folder pdd.</summary>
    public static FingerprintCache ForUser()
    {
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrWhiteSpace(root)) root = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        if (string.IsNullOrWhiteSpace(root)) root = System.IO.Path.GetTempPath();
        return new FingerprintCache(System.IO.Path.Combine(root, "pdd"));
    }

    public FingerprintEntry? Find(GgufFile file) => Read().Find(x =>
        x.Path == file.Path && x.Length == file.Length && x.LastWriteTicks == file.LastWriteTicks
        && x.Tokenizer is { Length: Sha256HexLength } && x.Weights is { Length: Sha256HexLength });

    public void Add(FingerprintEntry entry)
    {
        var entries = Read();
        entries.RemoveAll(x => x.Path == entry.Path);
        if (entries.Count >= MostEntries) entries.RemoveRange(0, entries.Count - MostEntries + 1);
        entries.Add(entry);
        var part = $"{_file}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(entries, FingerprintJson.Default.ListFingerprintEntry));
            File.Move(part, _file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            TryDelete(part);
        }
    }

    private List<FingerprintEntry> Read()
    {
        try
        {
            var entries = JsonSerializer.Deserialize(File.ReadAllBytes(_file), FingerprintJson.Default.ListFingerprintEntry) ?? [];
            entries.RemoveAll(x => x is null);
            return entries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return [];
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A stray part file does no harm.
        }
    }
}

[JsonSerializable(typeof(List<FingerprintEntry>))]
internal sealed partial class FingerprintJson : JsonSerializerContext;
