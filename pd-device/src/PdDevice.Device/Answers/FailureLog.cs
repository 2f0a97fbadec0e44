using PdDevice.Device.Telemetry;

namespace PdDevice.Device.Answers;

/// <summary>The places one answer failed at, in order; each is counted as it happens.</summary>
internal sealed class FailureLog(DeviceMetrics? metrics)
{
    private readonly List<FailurePlace> _places = [];

    public IReadOnlyList<FailurePlace> Places => _places;

    public void Add(FailurePlace place)
    {
        _places.Add(place);
        metrics?.Failed(place);
    }
}
