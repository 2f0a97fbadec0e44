using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Admission;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud;

/// <summary>A cloud from its start on: its web server runs before the model is loaded. Safe from any thread.</summary>
/// <param name="metrics">Told what is refused before there is a service.</param>
/// <param name="time">The clock.</param>
public sealed class CloudLifecycle(CloudMetrics metrics, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private volatile CloudService? _service;
    private double _progress;

    public CloudMetrics Metrics => metrics;

    /// <summary>Share of the model loaded, 0 to 1.</summary>
    public double Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>The service; null while the model is being loaded.</summary>
    public CloudService? Serving => _service;

    /// <summary>The service.</summary>
    /// <exception cref="RefusedException">The model is being loaded.</exception>
    public CloudService Service => _service ?? throw new RefusedException(
        new WireError("loading", $"The model is being loaded ({Progress * 100:F0}% so far). Try again soon, or let the device go on alone."),
        RetryAfter.Loading(time.GetElapsedTime(_start), Progress));

    /// <summary>The model is loaded.</summary>
    public void Serve(CloudService service) => _service = service;
}
