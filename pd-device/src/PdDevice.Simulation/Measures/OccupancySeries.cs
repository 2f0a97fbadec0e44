namespace PdDevice.Simulation.Measures;

/// <summary>Slots in use over time, in a fixed number of bins that grow wider as time goes on.</summary>
public sealed class OccupancySeries
{
    private const int Bins = 240;

    private readonly double[] _slotTicks = new double[Bins];
    private long _width = TimeSpan.TicksPerSecond;

    /// <summary>So many slots were in use from one instant to another, ticks.</summary>
    public void Add(long from, long to, int slots)
    {
        while (to >= Bins * _width) Widen();
        for (var bin = from / _width; from < to; bin++)
        {
            var end = Math.Min(to, (bin + 1) * _width);
            _slotTicks[bin] += (double)slots * (end - from);
            from = end;
        }
    }

    /// <summary>Mean slots in use, bin by bin, with each bin's beginning in seconds.</summary>
    public IEnumerable<(double Second, double Slots)> Means(long until) =>
        Enumerable.Range(0, (int)Math.Min(Bins, (until / _width) + 1)).Select(bin => (bin * (double)_width / TimeSpan.TicksPerSecond, _slotTicks[bin] / _width));

    private void Widen()
    {
        for (var i = 0; i < Bins / 2; i++) _slotTicks[i] = _slotTicks[2 * i] + _slotTicks[(2 * i) + 1];
        Array.Clear(_slotTicks, Bins / 2, Bins / 2);
        _width *= 2;
    }
}
