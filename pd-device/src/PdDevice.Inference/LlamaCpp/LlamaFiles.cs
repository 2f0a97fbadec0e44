namespace PdDevice.Inference.LlamaCpp;

/// <summary>Where llama.cpp's three libraries lie.</summary>
internal sealed record LlamaFiles(string Folder, string Llama, string Ggml, string GgmlBase)
{
    public const string Variable = "PDD_LLAMA_DIR";

    /// <summary>Looks in the given folder, or in `llama/` beside the program when none is given.</summary>
    /// <exception cref="EngineException">LibraryMissing; the message names the folder and the way out.</exception>
    public static LlamaFiles Find(string? givenFolder, string programFolder)
    {
        var given = !string.IsNullOrWhiteSpace(givenFolder);
        var folder = given ? Path.GetFullPath(givenFolder!) : Path.Combine(programFolder, "llama");
        var names = Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
        Array.Sort(names, StringComparer.Ordinal);
        var llama = Array.Find(names, x => IsLibrary(x, "llama"));
        var ggml = Array.Find(names, x => IsLibrary(x, "ggml"));
        var ggmlBase = Array.Find(names, x => IsLibrary(x, "ggml-base"));
        if (llama is not null && ggml is not null && ggmlBase is not null)
            return new LlamaFiles(folder, llama, ggml, ggmlBase);

        var missing = llama is null ? "llama" : ggml is null ? "ggml" : "ggml-base";
        throw new EngineException(
            EngineError.LibraryMissing,
            given
                ? $"{Variable} is '{folder}', but llama.cpp's library '{missing}' is not in that folder. Point it at the folder that holds libllama, libggml and libggml-base, or unset it."
                : $"llama.cpp's library '{missing}' is not in '{folder}'. Run `npm ci --ignore-scripts` in pd-device/native and build again, or set {Variable} to a folder that holds the libraries.");
    }

    /// <summary>True for libNAME.so, libNAME.v0.5.0.so, libNAME.metal.v0.5.0.dylib, NAME.v0.5.0.dll; not for NAME-common.so.</summary>
    private static bool IsLibrary(string path, string name)
    {
        var file = Path.GetFileName(path.AsSpan());
        if (!file.EndsWith(".so", StringComparison.Ordinal)
            && !file.EndsWith(".dylib", StringComparison.Ordinal)
            && !file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            return false;
        if (file.StartsWith("lib", StringComparison.Ordinal)) file = file[3..];
        return file.Length > name.Length && file.StartsWith(name, StringComparison.Ordinal) && file[name.Length] == '.';
    }
}
