using System.Text;

namespace PdDevice.Cli.Commands;

/// <summary>A text file that an option names.</summary>
public static class TextFile
{
    /// <summary>Its text without a byte order mark and without white space at the end.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="flag">The option, for messages.</param>
    /// <exception cref="CliException">It cannot be read or is not UTF-8.</exception>
    public static string Read(string file, string flag)
    {
        if (string.IsNullOrWhiteSpace(file)) throw new CliException($"{flag} is empty. It takes a text file.");
        if (Directory.Exists(file)) throw new CliException($"{file} is a folder. {flag} takes a text file.");
        if (!File.Exists(file)) throw new CliException($"{file} does not exist. {flag} takes a text file.");
        var bytes = File.ReadAllBytes(file);
        if (bytes.AsSpan() is [0xEF, 0xBB, 0xBF, ..]) bytes = bytes[3..];
        try
        {
            return new UTF8Encoding(false, true).GetString(bytes).TrimEnd();
        }
        catch (DecoderFallbackException exception)
        {
            throw new CliException($"{file} is not valid UTF-8 (byte {exception.Index}). Convert it first, for example with iconv.");
        }
    }
}
