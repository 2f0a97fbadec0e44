using PdDevice.Device.Telemetry;

namespace PdDevice.Device.Answers;

/// <summary>The places one answer failed at, in order; each is counted as it happens.</summary>
internal sealed class FailureLog(DeviceMetrics? metrics)
{
    /// <summary>More of them than a person would read are counted and not listed.</summary>
    private const int Most = 32;

    private readonly List<FailurePlace> _places = [];

    public IReadOnlyList<FailurePlace> Places => _places;

    public void Add(FailurePlace place)
    {
        if (_places.Count < Most) _places.Add(place);
        metrics?.Failed(place);
    }
}
