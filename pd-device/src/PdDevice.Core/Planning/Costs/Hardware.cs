namespace PdDevice.Core.Planning.Costs;

/// <summary>A machine's data sheet, and which share of it real engines reach.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="FlopsPerSecond">Peak of dense arithmetic in the precision that is used, operations/s.</param>
/// <param name="BytesPerSecond">Peak memory bandwidth.</param>
/// <param name="MemoryBytes">All memory.</param>
/// <param name="ComputeEfficiency">Share of the arithmetic that a prefill reaches, above 0 to 1.</param>
/// <param name="MemoryEfficiency">Share of the bandwidth that a decode step reaches, above 0 to 1.</param>
/// <param name="BytesPerWeight">What it usually serves: 2 (bf16) or about 0.6 (4 bits and scales).</param>
/// <param name="ModelShare">Share of the memory that a model and its KV may take: the rest is for the system and activations.</param>
/// <param name="CallSeconds">What every engine call costs beside the work.</param>
public sealed record Hardware(
    string Name, string Source, double FlopsPerSecond, double BytesPerSecond, double MemoryBytes, double ComputeEfficiency, double MemoryEfficiency,
    double BytesPerWeight, double ModelShare, double CallSeconds)
{
    /// <summary>Bytes a model and its KV may take.</summary>
    public double ModelBytes => MemoryBytes * ModelShare;

    /// <summary>Machines of a cloud.</summary>
    public static IReadOnlyList<Hardware> Clouds { get; } =
    [
        new("H200", "NVIDIA H200 SXM data sheet: 989 TFLOPS bf16 dense, 4.8 TB/s, 141 GB", 989e12, 4.8e12, 141e9, 0.45, 0.8, 2, 0.9, 0.5e-3),
        new("H100", "NVIDIA H100 SXM data sheet: 989 TFLOPS bf16 dense, 3.35 TB/s, 80 GB", 989e12, 3.35e12, 80e9, 0.45, 0.8, 2, 0.9, 0.5e-3),
        new("A100", "NVIDIA A100 SXM 80GB data sheet: 312 TFLOPS bf16 dense, 2.039 TB/s, 80 GB", 312e12, 2.039e12, 80e9, 0.5, 0.8, 2, 0.9, 0.5e-3),
    ];

    /// <summary>Machines in a user's hand or under the desk.</summary>
    public static IReadOnlyList<Hardware> Devices { get; } =
    [
        new("RTX4090", "data sheet: 165 TFLOPS fp16 dense with fp32 accumulate, 1008 GB/s, 24 GB; shares from llama-bench, 8B Q4_K_M: 6,899 and 128 tokens/s (XiongjieDai/GPU-Benchmarks-on-LLM-Inference, 2024-05)",
            165.2e12, 1008e9, 24e9, 0.6, 0.6, 0.6125, 0.9, 0.1e-3),
        new("laptop-gpu", "RTX 4070 Laptop: 80 TFLOPS fp16 dense, 256 GB/s, 8 GB; shares from llama-bench, 8B Q4_K_M: 2,365 and 48.1 tokens/s (brand-o/normiebench issue 4)",
            80e12, 256e9, 8e9, 0.42, 0.88, 0.6125, 0.9, 0.1e-3),
        new("phone-npu", "Snapdragon 8 Elite: about 45 TOPS int8, LPDDR5X-10600 x 64 bit, 16 GB; shares from Qualcomm AI Hub's perf.yaml of Llama 3.1 8B w4a16: 128 tokens in 154.5 ms (828 tokens/s) and 13.05 tokens/s (quic/ai-hub-models)",
            45e12, 84.8e9, 16e9, 0.26, 0.7, 0.6, 0.5, 0.5e-3),
        new("phone-cpu", "OnePlus 12, Snapdragon 8 Gen 3, LPDDR5X-9600 x 64 bit, 16 GB; sustained arithmetic and share of the bandwidth from ExecuTorch's table, SpinQuant 4 bits: 1B 260.5 and 50.2, 3B 89.7 and 19.7 tokens/s (pytorch/executorch, examples/models/llama)",
            0.507e12, 76.8e9, 16e9, 1, 0.46, 0.5625, 0.5, 0.1e-3),
        new("board", "Raspberry Pi 5, LPDDR4X-4267 x 32 bit, 8 GB; sustained arithmetic from TinyLlama 1.1B q8_0, 45 tokens/s of prefill (llamafile 0.7, justine.lol/matmul), share of the bandwidth from Llama 3.2 3B Q4_K_M, 5.5 tokens/s (geerlingguy/ai-benchmarks issue 24)",
            0.0872e12, 17.1e9, 8e9, 1, 0.64, 0.6125, 0.8, 0.1e-3),
    ];

    /// <summary>The machine of this name, of a cloud or a device, in any case; null: there is none.</summary>
    public static Hardware? Named(string name)
    {
        foreach (var hardware in (IEnumerable<Hardware>)[.. Clouds, .. Devices])
            if (string.Equals(hardware.Name, name, StringComparison.OrdinalIgnoreCase))
                return hardware;
        return null;
    }

    /// <summary>This machine with a model in the precision it usually serves.</summary>
    /// <exception cref="MemoryMisfitException">The weights alone do not fit.</exception>
    public Roofline With(ModelShape model) => new(this, model.At(BytesPerWeight));
}
