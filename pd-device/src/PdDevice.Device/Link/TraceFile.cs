namespace PdDevice.Device.Link;

/// <summary>Reads the lines of a trace.</summary>
internal static class TraceFile
{
    /// <summary>No trace is larger; what is, was named by mistake.</summary>
    public const long MostBytes = 256L << 20;

    /// <summary>The file's lines. A line end may be that of any system.</summary>
    /// <exception cref="FormatException">It cannot be read. One sentence that names it.</exception>
    public static string[] Lines(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) throw new FormatException($"{path} is larger than {MostBytes >> 20} MiB: that is no trace.");
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path} cannot be read ({exception.GetType().Name}).", exception);
        }
    }

    /// <summary>What a message quotes of a line: a wrong file may hold anything, of any length.</summary>
    public static string Quote(string text) =>
        $"'{new string([.. text.Take(40).Select(c => char.IsControl(c) ? '?' : c)])}{(text.Length > 40 ? "..." : "")}'";
}
