namespace PdDevice.Cloud.Telemetry;

/// <summary>Upper bounds of histogram buckets, inclusive: those of vLLM (vllm/v1/metrics/buckets.py), so that its dashboards fit.</summary>
internal static class VllmBuckets
{
    /// <summary>Seconds of a request or of a phase of one.</summary>
    public static IReadOnlyList<double> RequestSeconds { get; } =
        [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

    /// <summary>Seconds to a first token.</summary>
    public static IReadOnlyList<double> FirstTokenSeconds { get; } =
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];

    /// <summary>Seconds between two tokens.</summary>
    public static IReadOnlyList<double> TokenSeconds { get; } =
        [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];

    /// <summary>Tokens of one batch.</summary>
    public static IReadOnlyList<int> BatchTokens { get; } = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

    /// <summary>Tokens of one request: 1, 2, 5, 10, ... vLLM ends the row at the model's context; here it ends at a million, for the model may come later.</summary>
    public static IReadOnlyList<int> RequestTokens { get; } =
        [.. Enumerable.Range(0, 6).SelectMany(power => new[] { 1, 2, 5 }.Select(m => m * (int)Math.Pow(10, power))), 1_000_000];
}
