namespace PdDevice.Tests.Device.Link;

/// <summary>Measured links that lie beside the clone in `shared/traces/network`, where there is such a folder.</summary>
internal static class SharedTraces
{
    /// <summary>The folder, or null: it stands in the clone or in any folder above it.</summary>
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "traces", "network");
            if (Directory.Exists(candidate) && Directory.GetFiles(candidate, "*.csv").Length > 0) return candidate;
        }

        return null;
    }
}

/// <summary>A test that needs `shared/traces`; skipped in a clone without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTracesFactAttribute : FactAttribute
{
    public SharedTracesFactAttribute()
    {
        if (SharedTraces.Folder is null) Skip = "There is no folder shared/traces/network beside this clone.";
    }
}
