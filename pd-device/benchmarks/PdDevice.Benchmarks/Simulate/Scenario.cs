namespace PdDevice.Benchmarks.Simulate;

/// <summary>One world whose comparison the page shows.</summary>
/// <param name="Name">Of the file under benchmarks/results/simulation and of the part of the page.</param>
/// <param name="Title">What it is.</param>
/// <param name="Trace">Under the traces' folder.</param>
/// <param name="Devices">Mix.</param>
/// <param name="Objectives">relative or absolute.</param>
/// <param name="More">Further options.</param>
internal sealed record Scenario(string Name, string Title, string Trace, string Devices, string Objectives, params string[] More)
{
    private const string Azure = "azure2023/AzureLLMInferenceTrace_conv.csv";
    private const string Mooncake = "mooncake/conversation_trace.jsonl";
    private const string Mix = "phone-npu,phone-cpu,laptop-gpu";
    private const string Accelerated = "phone-npu,laptop-gpu";

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("azure-relative", "Azure chat, all devices, relative objectives", Azure, Mix, "relative"),
        new("azure-absolute", "Azure chat, all devices, absolute objectives", Azure, Mix, "absolute"),
        new("azure-accelerated", "Azure chat, devices with p/d of 40 and more, absolute objectives", Azure, Accelerated, "absolute"),
        new("azure-long", "Azure prompts, answers scaled to a mean of 4,000 (synthetic), devices with p/d of 40 and more, absolute objectives", Azure, Accelerated, "absolute", "--output-mean", "4000", "--max-tokens", "12288"),
        new("mooncake-relative", "Mooncake conversation, all devices, relative objectives", Mooncake, Mix, "relative", "--spread", "3"),
        new("mooncake-absolute", "Mooncake conversation, all devices, absolute objectives", Mooncake, Mix, "absolute", "--spread", "3"),
    ];

    /// <summary>The command line after <c>pdd</c>.</summary>
    public string[] Arguments(string traces) =>
    [
        "simulate", "--trace", Path.Combine(traces, Trace), "--devices", Devices, "--objectives", Objectives, "--links", Links(traces), "--search", .. More,
    ];

    private static string Links(string traces)
    {
        var network = Path.Combine(traces, "network");
        return $"rtt=50ms,up={network}/TMobile-LTE-short.up,down={network}/TMobile-LTE-short.down;rtt={network}/ireland5g-static-B_2020.02.27_18.39.27.csv,up=20mbit,down=100mbit";
    }
}
