namespace PdDevice.Core.Planning;

/// <summary>How fast an engine is.</summary>
/// <param name="PrefillTokensPerSecond">p of design section 6: known tokens ingested a second. Above 0.</param>
/// <param name="DecodeTokensPerSecond">d of design section 6: new tokens made a second by one sequence. Above 0.</param>
public sealed record EngineRates(double PrefillTokensPerSecond, double DecodeTokensPerSecond)
{
    /// <summary>With a cloud, one engine call of the device lasts at most this: a handover or a refined prompt never waits longer.</summary>
    public static TimeSpan LongestCall { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>No chunk is larger: beyond it an engine gains little.</summary>
    public const int LargestChunk = 128;

    /// <summary>Time of one decode step, 1/d.</summary>
    public TimeSpan DecodeStep => TimeSpan.FromSeconds(1 / DecodeTokensPerSecond);

    /// <summary>Time to ingest known tokens, n/p.</summary>
    public TimeSpan Prefill(int tokens) => TimeSpan.FromSeconds(tokens / PrefillTokensPerSecond);

    /// <summary>Prefill chunk on a device: the largest power of two that lasts at most <see cref="LongestCall"/>; 1 to <see cref="LargestChunk"/>.</summary>
    public int DeviceChunk
    {
        get
        {
            var chunk = 1;
            while (chunk < LargestChunk && Prefill(chunk * 2) <= LongestCall) chunk *= 2;
            return chunk;
        }
    }
}
