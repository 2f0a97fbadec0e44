using System.Globalization;
using PdDevice.Http.Hosting;

namespace PdDevice.Cloud.Keys;

/// <summary>
/// The file of a cloud's keys: one line each, <c>ID NAME SHA256 [concurrency=N] [tokens-per-minute=N]</c>; empty lines and
/// those that begin with # do not count. No message quotes a line: somebody may have pasted a key there.
/// </summary>
public static class KeyFile
{
    /// <summary>Limits go from 0, which is none, to this.</summary>
    public const int MostLimit = 1_000_000_000;

    private const int LongestName = 64;
    private const string ConcurrencyMark = "concurrency=";
    private const string RateMark = "tokens-per-minute=";
    private const string Heading = "# API keys of pdd cloud: id, name, SHA-256 of the key, limits of its own. Made by pdd keys.";

    /// <exception cref="SetupException">The file cannot be used; the message names it and the line.</exception>
    public static IReadOnlyList<ApiKey> Read(string path) => Parse(path, Lines(path));

    /// <summary>Adds a key; makes the file, for its owner only, where there is none.</summary>
    /// <exception cref="SetupException">The name is taken or not a name, or the file cannot be used.</exception>
    public static void Add(string path, ApiKey key)
    {
        if (!IsName(key.Name))
            throw new SetupException($"A key's name has 1 to {LongestName} letters, digits, dots, dashes or underscores.");
        var lines = File.Exists(path) ? Lines(path) : [Heading];
        if (Parse(path, lines).Any(other => other.Name == key.Name))
            throw new SetupException($"{path} has a key named {key.Name} already. Choose another name, or remove that one first.");
        Write(path, [.. lines, Format(key)]);
    }

    /// <summary>Removes a key by its name.</summary>
    /// <exception cref="SetupException">There is none of that name, or the file cannot be used.</exception>
    public static void Remove(string path, string name)
    {
        var lines = Lines(path);
        if (!Parse(path, lines).Any(key => key.Name == name))
            throw new SetupException($"{path} has no key named {(IsName(name) ? name : "so")}. See pdd keys list.");
        Write(path, [.. lines.Where(line => !IsKey(line) || Words(line)[1] != name)]);
    }

    private static string[] Lines(string path)
    {
        try
        {
            // Whoever may write the file may let himself in.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != UnixFileMode.None)
                throw new SetupException($"Others may write {path}, and so let themselves in. Set its mode: chmod 600 {path}");
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SetupException($"There is no key file {path}. Make the first key: pdd keys add NAME --keys {path}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SetupException($"The key file '{path}' cannot be read ({exception.GetType().Name}).");
        }
    }

    private static List<ApiKey> Parse(string path, string[] lines)
    {
        var keys = new List<ApiKey>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (!IsKey(lines[i])) continue;
            var key = ParseLine(lines[i]) ?? throw Bad("is not: ID NAME SHA256 [concurrency=N] [tokens-per-minute=N]");
            if (keys.Exists(other => other.Name == key.Name)) throw Bad("has a name that stands above it already");
            if (keys.Exists(other => other.Id == key.Id || other.Hash.AsSpan().SequenceEqual(key.Hash))) throw Bad("has an id or a key that stands above it already");
            keys.Add(key);

            SetupException Bad(string what) => new($"{path}, line {i + 1} {what}. Mend it, or make the key again with pdd keys add.");
        }

        return keys;
    }

    private static ApiKey? ParseLine(string line)
    {
        var words = Words(line);
        if (words.Length < 3 || !IsName(words[0]) || !IsName(words[1]) || words[2].Length != 64 || !words[2].All(char.IsAsciiHexDigit)) return null;
        int? concurrency = null, rate = null;
        foreach (var word in words.AsSpan(3))
        {
            if (concurrency is null && Limit(word, ConcurrencyMark) is { } at) concurrency = at;
            else if (rate is null && Limit(word, RateMark) is { } per) rate = per;
            else return null;
        }

        return new ApiKey(words[0], words[1], Convert.FromHexString(words[2]), concurrency, rate);
    }

    private static int? Limit(string word, string mark) =>
        word.StartsWith(mark, StringComparison.Ordinal)
        && int.TryParse(word.AsSpan(mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= MostLimit ? value : null;

    private static string Format(ApiKey key) =>
        $"{key.Id} {key.Name} {Convert.ToHexStringLower(key.Hash)}"
        + (key.Concurrency is { } at ? $" {ConcurrencyMark}{at}" : "") + (key.TokensPerMinute is { } per ? $" {RateMark}{per}" : "");

    // Through a file beside it: a cloud that reads at this moment sees the old keys or the new ones, nothing between.
    private static void Write(string path, IReadOnlyList<string> lines)
    {
        var fresh = $"{path}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(fresh);
        using (var writer = new StreamWriter(fresh, options))
            foreach (var line in lines) writer.WriteLine(line);
        File.Move(fresh, path, overwrite: true);
    }

    private static bool IsKey(string line) => line.AsSpan().Trim() is [not '#', ..];

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
