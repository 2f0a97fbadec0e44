using System.Diagnostics.Metrics;
using System.Text.Json;
using PdDevice.Device.Answers;

namespace PdDevice.Device.Telemetry;

/// <summary>What a device counts: instruments of one meter. Nothing here names a prompt, a token or a cloud. Safe from any thread.</summary>
public sealed class DeviceMetrics : IDisposable
{
    public const string MeterName = "PdDevice.Device";

    private static readonly KeyValuePair<string, object?>[] Labels =
        [.. Enum.GetNames<FailurePlace>().Select(name => new KeyValuePair<string, object?>("place", JsonNamingPolicy.SnakeCaseLower.ConvertName(name)))];

    private readonly Counter<long> _failures;
    private readonly Counter<long> _completed;

    public DeviceMetrics()
    {
        _failures = Meter.CreateCounter<long>("pdd.failures", null, "Places where answers failed: cloud_connect, cloud_first_token, cloud_token, refined_prompt, device_prefill, handover, device_decode or client_write.");
        _completed = Meter.CreateCounter<long>("pdd.idle.completed", "{token}", "Positions of conversations prefilled while no request waited.");
    }

    internal Meter Meter { get; } = new(MeterName);

    /// <summary>An answer failed here.</summary>
    public void Failed(FailurePlace place) => _failures.Add(1, Labels[(int)place]);

    /// <summary>So many positions were prefilled while no request waited.</summary>
    public void Completed(int positions) => _completed.Add(positions);

    public void Dispose() => Meter.Dispose();
}
