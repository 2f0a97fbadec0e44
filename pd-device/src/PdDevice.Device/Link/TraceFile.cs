using PdDevice.Core.Links;

namespace PdDevice.Device.Link;

/// <summary>Reads the traces of a link from files.</summary>
public static class TraceFile
{
    /// <summary>No trace is larger; what is, was named by mistake.</summary>
    private const long MostBytes = 256L << 20;

    /// <exception cref="FormatException">It is no such trace, or cannot be read. One sentence that names file and line.</exception>
    public static CapacityTrace Capacity(string path) => CapacityTrace.Parse(path, Lines(path));

    /// <exception cref="FormatException">It is no such file, or cannot be read. One sentence that names file and line.</exception>
    public static RoundTripTrace RoundTrips(string path) => RoundTripTrace.Parse(path, Lines(path));

    // A line end may be that of any system.
    private static string[] Lines(string path)
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
