namespace PdDevice.Simulation.Links;

/// <summary>The lines of a link's trace.</summary>
internal static class LinkFiles
{
    private const long MostBytes = 256L << 20;

    /// <exception cref="FormatException">It cannot be read.</exception>
    public static string[] Lines(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) throw new FormatException($"{path} is larger than {MostBytes >> 20} MiB: that is no trace of a link.");
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path} cannot be read ({exception.GetType().Name}).", exception);
        }
    }
}
