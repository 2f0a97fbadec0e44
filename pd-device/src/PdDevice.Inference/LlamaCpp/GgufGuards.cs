namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Header values that llama.cpp asserts instead of refusing, so that a hostile or broken file would end the process. Each
/// was found by changing one field of a good model and loading it.
/// </summary>
internal static class GgufGuards
{
    // LLAMA_MAX_LAYERS and LLAMA_MAX_EXPERTS of the pinned release.
    private const int MostLayers = 512;
    private const int MostExperts = 512;

    private static readonly string[] RopeScalings = ["none", "linear", "yarn", "longrope"];

    /// <exception cref="EngineException">ModelUnsupported; the message names the field.</exception>
    public static void Check(GgufFile file)
    {
        var architecture = file.Text("general.architecture");
        InRange(file, $"{architecture}.block_count", 1, MostLayers);
        InRange(file, $"{architecture}.context_length", 1, int.MaxValue);
        InRange(file, $"{architecture}.expert_count", 0, MostExperts);
        InRange(file, $"{architecture}.expert_used_count", 0, MostExperts);
        NotNegative(file, $"{architecture}.attention.layer_norm_rms_epsilon");
        NotNegative(file, $"{architecture}.attention.layer_norm_epsilon");
        var scaling = $"{architecture}.rope.scaling.type";
        if (file.Text(scaling) is { } name && !RopeScalings.Contains(name)) throw Bad(file, scaling);
        Distinct(file, "tokenizer.ggml.tokens");
    }

    private static void InRange(GgufFile file, string key, long least, long most)
    {
        if (file.Number(key) is { } value && (value < least || value > most)) throw Bad(file, key);
    }

    private static void NotNegative(GgufFile file, string key)
    {
        if (file.Real(key) is { } value && !(value >= 0 && double.IsFinite(value))) throw Bad(file, key);
    }

    /// <summary>No two tokens are the same bytes; the empty ones get names of their own from llama.cpp.</summary>
    private static void Distinct(GgufFile file, string key)
    {
        if (!file.Values.TryGetValue(key, out var value) || value.Type != GgufTypes.Text) return;
        using var stream = GgufFile.Open(file.Path);
        var reader = new GgufReader(stream, file.Path);
        reader.Seek(value.Start);
        var seen = new HashSet<string>((int)value.Count, StringComparer.Ordinal);
        for (var i = 0L; i < value.Count; i++)
        {
            var length = reader.ReadCount(1);
            if (length > 0 && !seen.Add(reader.ReadBytesAsText(length))) throw Bad(file, key);
        }
    }

    private static EngineException Bad(GgufFile file, string key) => new(
        EngineError.ModelUnsupported, $"'{file.Path}' cannot be used: its {key} has a value that llama.cpp does not survive. Fetch the file again, or use another.");
}
