using System.Security.Cryptography;

namespace PdDevice.Benchmarks.Speed;

/// <summary>Which build of llama.cpp a process runs: figures of two builds are not one comparison.</summary>
internal static class LlamaBuild
{
    private const string Maps = "/proc/self/maps";

    /// <summary>Files of llama.cpp this process has mapped; empty where the system does not tell.</summary>
    public static IReadOnlyList<string> Loaded() => !File.Exists(Maps)
        ? []
        : [.. File.ReadLines(Maps)
            .Select(line => line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? line[at..].Trim() : "")
            .Where(file => Path.GetFileName(file) is var name && name.Contains(".so", StringComparison.Ordinal)
                && (name.StartsWith("libllama", StringComparison.Ordinal) || name.StartsWith("libggml", StringComparison.Ordinal)))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Name and content of the libraries that compute, a line each; the same text means the same build and the same CPU backend.</summary>
    public static string Describe(IEnumerable<string> files) => string.Join('\n', files
        .Where(file => !Path.GetFileName(file).StartsWith("libllama-common", StringComparison.Ordinal)) // the peer's own helper
        .Select(file => $"{Path.GetFileName(file)} {Hash(file)}").Order(StringComparer.Ordinal));

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..16];
    }
}
