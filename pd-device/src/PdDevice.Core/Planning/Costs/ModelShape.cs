namespace PdDevice.Core.Planning.Costs;

/// <summary>A dense decoder with grouped-query attention and a gated feed-forward, as far as time and memory depend on it.</summary>
/// <param name="Name">Short, as on the command line: 0.1B, 1B, 3B, 8B.</param>
/// <param name="Mirrors">The real model whose config.json these figures are.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Hidden">Width.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="FeedForward">Width of the feed-forward.</param>
/// <param name="Vocabulary">Tokens.</param>
/// <param name="TiedHead">Whether the output head is the embedding table.</param>
/// <param name="BytesPerWeight">2 for bf16, 0.5625 for Q4_0 (4.5 bits), 0.6125 for Q4_K_M (4.9 bits); above 0.</param>
/// <param name="BytesPerKv">Of one number of the KV cache; default 2 (bf16).</param>
public sealed record ModelShape(
    string Name, string Mirrors, int Layers, int Hidden, int Heads, int KvHeads, int HeadDim, int FeedForward, int Vocabulary, bool TiedHead,
    double BytesPerWeight = 2, double BytesPerKv = 2)
{
    /// <summary>Source of each: config.json of the model named, on its Hugging Face page.</summary>
    public static IReadOnlyList<ModelShape> All { get; } =
    [
        new("0.1B", "HuggingFaceTB/SmolLM2-135M", 30, 576, 9, 3, 64, 1536, 49_152, true),
        new("1B", "meta-llama/Llama-3.2-1B", 16, 2048, 32, 8, 64, 8192, 128_256, true),
        new("3B", "meta-llama/Llama-3.2-3B", 28, 3072, 24, 8, 128, 8192, 128_256, true),
        new("8B", "meta-llama/Llama-3.1-8B", 32, 4096, 32, 8, 128, 14_336, 128_256, false),
    ];

    /// <summary>Weights of the blocks: what every token passes.</summary>
    public double BlockParameters => Layers * (
        (double)Hidden * HeadDim * ((2 * Heads) + (2 * KvHeads)) // q, o; k, v
        + (3.0 * Hidden * FeedForward)
        + (2.0 * Hidden)) + Hidden;

    /// <summary>Weights of the output head: what only a token passes whose logits are wanted.</summary>
    public double HeadParameters => (double)Vocabulary * Hidden;

    public double Parameters => BlockParameters + (HeadParameters * (TiedHead ? 1 : 2));

    /// <summary>Bytes in memory.</summary>
    public double WeightBytes => Parameters * BytesPerWeight;

    /// <summary>Bytes one call reads: of an embedding table only single rows are.</summary>
    public double WeightBytesRead => (BlockParameters + HeadParameters) * BytesPerWeight;

    /// <summary>Bytes of KV of one position: keys and values of every layer.</summary>
    public double KvBytesPerPosition => 2.0 * Layers * KvHeads * HeadDim * BytesPerKv;

    /// <summary>The same model in another precision.</summary>
    public ModelShape At(double bytesPerWeight) => this with { BytesPerWeight = bytesPerWeight };

    /// <summary>The model of this name; null: there is none.</summary>
    public static ModelShape? Named(string name)
    {
        foreach (var shape in All)
            if (shape.Name == name)
                return shape;
        return null;
    }
}
