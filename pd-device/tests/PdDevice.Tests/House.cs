namespace PdDevice.Tests;

/// <summary>Where the sources are that these tests were built from.</summary>
internal static class House
{
    /// <summary>The folder pd-device.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PdDevice.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "pd-device");
    }
}
