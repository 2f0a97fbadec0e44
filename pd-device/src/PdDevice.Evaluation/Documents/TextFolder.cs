using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace PdDevice.Evaluation.Documents;

/// <summary>Sentences of ordinary prose from the text files of a folder, such as /usr/share/common-licenses or /usr/share/doc of Debian.</summary>
public sealed partial class TextFolder
{
    private const int MostFiles = 2000;
    private const int MostBytes = 200_000;
    private const int PerFile = 60;

    private TextFolder(IReadOnlyList<string> sentences)
    {
        Sentences = sentences;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', sentences))))[..16];
    }

    public IReadOnlyList<string> Sentences { get; }

    /// <summary>Of the sentences, so that a run is not continued over other texts.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads up to 2,000 files below the folder, in the order of their paths; gzipped ones too. Other than text is passed over.</summary>
    /// <exception cref="IOException">The folder does not exist, or holds fewer than 100 sentences.</exception>
    public static TextFolder Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{folder} is no folder. --texts takes one with text files in it.");
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.Device };
        var sentences = Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal).Take(MostFiles).SelectMany(Cut).Distinct(StringComparer.Ordinal).ToList();
        return sentences.Count >= 100
            ? new TextFolder(sentences)
            : throw new IOException($"{folder} holds {sentences.Count} sentences of plain text; 100 are needed. Choose another folder for --texts.");
    }

    private static IEnumerable<string> Cut(string file)
    {
        var bytes = new byte[MostBytes];
        int length;
        try
        {
            using var stream = File.OpenRead(file);
            using var text = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : (Stream)stream;
            length = text.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return [];
        }

        if (bytes.AsSpan(0, length).Contains((byte)0)) return [];
        var plain = Space().Replace(Encoding.UTF8.GetString(bytes, 0, length), " ");
        return Sentence().Matches(plain).Select(match => match.Value).Where(s => !s.Contains('�', StringComparison.Ordinal)).Take(PerFile);
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 10_000)]
    private static partial Regex Space();

    // Several words of letters only, so that tables, paths and code stay out.
    [GeneratedRegex(@"(?<= )[A-Z][a-z]+( [A-Za-z,'-]+){5,30}\.(?= )", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Sentence();
}
