namespace PdDevice.Benchmarks;

/// <summary>Places in the repository this program was built in.</summary>
internal static class House
{
    /// <summary>The folder pd-device.</summary>
    public static string Folder { get; } = Find();

    public static string Results => Path.Combine(Folder, "benchmarks", "results");

    public static string Readme => Path.Combine(Folder, "README.md");

    /// <summary>A page under docs.</summary>
    public static string Page(string name) => Path.Combine(Folder, "docs", name);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "PdDevice.slnx")))
                return Path.Combine(folder.FullName, "pd-device");
        throw new InvalidOperationException("The benchmarks run inside a clone of the repository only.");
    }
}
