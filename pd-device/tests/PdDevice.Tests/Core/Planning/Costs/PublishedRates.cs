using System.Text;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;

namespace PdDevice.Tests.Core.Planning.Costs;

/// <summary>What was published of real machines, and what the presets say of the same. Sources: <see cref="Hardware.Source"/>.</summary>
/// <param name="Device">The preset.</param>
/// <param name="Model">The preset.</param>
/// <param name="Prompt">Tokens of the measured prompt.</param>
/// <param name="Chunk">Tokens of one call.</param>
/// <param name="P">Prefill tokens/s.</param>
/// <param name="D">Decode tokens/s.</param>
/// <param name="Tolerance">How far the roofline may be off: it is no measurement.</param>
/// <param name="Run">What was run.</param>
public sealed record PublishedRates(string Device, string Model, int Prompt, int Chunk, double P, double D, double Tolerance, string Run)
{
    public static IReadOnlyList<PublishedRates> All { get; } =
    [
        new("RTX4090", "8B", 1024, 1024, 6899, 127.7, 0.1, "llama-bench, Q4_K_M"),
        new("laptop-gpu", "8B", 512, 512, 2365, 48.1, 0.1, "llama-bench, Q4_K_M"),
        new("phone-npu", "8B", 128, 128, 828, 13.05, 0.1, "Qualcomm AI Hub, w4a16"),
        new("phone-npu", "3B", 128, 128, 1451, 23.5, 0.45, "Qualcomm AI Hub, w4a16"), // smaller models reach less of an NPU
        new("phone-cpu", "1B", 64, 64, 260.5, 50.2, 0.1, "ExecuTorch, SpinQuant"),
        new("phone-cpu", "3B", 64, 64, 89.7, 19.7, 0.1, "ExecuTorch, SpinQuant"),
        new("board", "3B", 64, 64, 15.5, 5.5, 0.1, "ollama for d; p is TinyLlama's 45 tokens/s, scaled by the weights"),
    ];

    public EngineRates Computed => Hardware.Named(Device)!.With(ModelShape.Named(Model)!).Rates(Prompt, Chunk);

    /// <summary>Milliseconds of an H200 with 8B for the mean request of Azure chat: prefill, decode in a batch of 512.</summary>
    public static (double Prefill, double Decode) AzureChat()
    {
        const int prompt = 1155; // means of azure2023
        const int output = 211;
        const int batch = 512;
        var cloud = Hardware.Named("H200")!.With(ModelShape.Named("8B")!);
        return (cloud.PrefillSeconds(prompt) * 1000, output * cloud.DecodeStepSeconds(batch, (long)batch * (prompt + (output / 2))) / batch * 1000);
    }

    /// <summary>The table of docs/planning.md.</summary>
    public static string Markdown()
    {
        var page = new StringBuilder("| device, model | published run | p, d published | p, d of the roofline | p/d |\n| --- | --- | ---: | ---: | ---: |\n");
        foreach (var row in All)
        {
            var rates = row.Computed;
            page.Append($"| {row.Device}, {row.Model} | {row.Run} | {row.P:0.#}, {row.D:0.#} | {rates.PrefillTokensPerSecond:0.#}, {rates.DecodeTokensPerSecond:0.#} | {rates.PrefillTokensPerSecond / rates.DecodeTokensPerSecond:0.0} |\n");
        }

        var (prefill, decode) = AzureChat();
        return page.Append($"\nH200 with 8B, a request of 1,155 + 211 tokens (Azure chat's means), batch of 512: prefill {prefill:0.0} ms, its share of decode {decode:0.0} ms, ceiling {(prefill + decode) / prefill:0.00}.\n").ToString();
    }
}
