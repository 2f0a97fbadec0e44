using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PdDevice.Device.Telemetry;

namespace PdDevice.Tests.Device.Answers;

/// <summary>What one device counts, from now on.</summary>
internal sealed class CountedFailures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _places = new();
    private long _completed;

    public CountedFailures(DeviceMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == metrics.Meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
        {
            if (instrument.Name == "pdd.failures") _places.Enqueue((string)tags[0].Value!);
            else Interlocked.Add(ref _completed, count);
        });
        _listener.Start();
    }

    /// <summary>Places where answers failed, in order.</summary>
    public string[] Places => [.. _places];

    /// <summary>Positions prefilled while no request waited.</summary>
    public long Completed => Interlocked.Read(ref _completed);

    public void Dispose() => _listener.Dispose();
}
