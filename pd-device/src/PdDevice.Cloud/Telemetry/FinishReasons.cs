using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Telemetry;

/// <summary>vLLM's finish reasons (vllm/v1/engine, FinishReason), of which its "repetition" never happens here.</summary>
internal static class FinishReasons
{
    public static IReadOnlyList<string> All { get; } = ["stop", "length", "abort", "error"];

    /// <summary>What vLLM would call it.</summary>
    public static string Of(AssistEndReason reason) => reason switch
    {
        AssistEndReason.Stop => "stop",
        AssistEndReason.Lease or AssistEndReason.Length => "length",
        AssistEndReason.Released or AssistEndReason.Preempted => "abort",
        _ => "error",
    };
}
