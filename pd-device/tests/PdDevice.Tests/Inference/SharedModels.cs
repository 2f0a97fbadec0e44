namespace PdDevice.Tests.Inference;

/// <summary>Models that lie beside the clone in `shared/models`, where there is such a folder.</summary>
internal static class SharedModels
{
    public const string SmolLm2 = "smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
    public const string Stories = "stories260k/stories260K-f32.gguf";

    /// <summary>The folder, or null: it stands in the clone or in any folder above it.</summary>
    public static string? Folder { get; } = Find();

    public static string Path(string model) => System.IO.Path.Combine(Folder!, model);

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "models");
            if (File.Exists(System.IO.Path.Combine(candidate, SmolLm2)) && File.Exists(System.IO.Path.Combine(candidate, Stories)))
                return candidate;
        }

        return null;
    }
}

/// <summary>A test that needs `shared/models`; skipped in a clone without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedModelFactAttribute : FactAttribute
{
    public SharedModelFactAttribute()
    {
        if (SharedModels.Folder is null) Skip = "There is no folder shared/models beside this clone.";
    }
}
