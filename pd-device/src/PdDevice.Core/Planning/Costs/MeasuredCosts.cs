namespace PdDevice.Core.Planning.Costs;

/// <summary>
/// What batches were seen to cost on this machine: a table over prefill tokens and decode sequences, in powers of two,
/// of measured time over expected time, interpolated between its entries. Where nothing was seen it is the expectation
/// it began with, so it is useful from the first call and exact where it is used most. Deterministic; not safe for
/// concurrent use.
/// </summary>
public sealed class MeasuredCosts : ICostModel
{
    /// <summary>Weight of the newest call in an entry, once a few were seen.</summary>
    public const double Weight = 0.1;

    private const int Size = 21; // 0, 1, 2, 4, ... 2^19
    private readonly ICostModel _start;
    private readonly double[] _ratio = new double[Size * Size];
    private readonly double[] _seen = new double[Size * Size];
    private double _anywhere = 1;
    private double _calls;

    /// <param name="start">What to expect until calls were seen: <see cref="RatesCosts"/> of a measurement at start, or a <see cref="Roofline"/>.</param>
    public MeasuredCosts(ICostModel start) => _start = start;

    /// <summary>Notes a call that was run.</summary>
    /// <param name="work">What it did.</param>
    /// <param name="seconds">How long it took; not above 0, or not a number, says nothing.</param>
    public void Observe(in BatchWork work, double seconds)
    {
        var expected = _start.Seconds(work);
        if (!(seconds > 0) || !double.IsFinite(seconds) || !(expected > 0)) return;
        var ratio = seconds / expected;
        _anywhere += Math.Max(Weight, 1 / ++_calls) * (ratio - _anywhere);
        var (p, d) = (Place(work.PrefillTokens), Place(work.DecodeSequences));
        for (var corner = 0; corner < 4; corner++)
        {
            var (entry, share) = Corner(p, d, corner);
            if (share < 0.25) continue; // too far to be told by this call
            var weight = share * Math.Max(Weight, 1 / (_seen[entry] + share));
            _ratio[entry] = _seen[entry] == 0 ? ratio : _ratio[entry] + (Math.Min(1, weight) * (ratio - _ratio[entry]));
            _seen[entry] += share;
        }
    }

    public double Seconds(in BatchWork work)
    {
        var (p, d) = (Place(work.PrefillTokens), Place(work.DecodeSequences));
        var (sum, weight) = (0.0, 0.0);
        for (var corner = 0; corner < 4; corner++)
        {
            var (entry, share) = Corner(p, d, corner);
            if (_seen[entry] == 0) continue;
            sum += share * _ratio[entry];
            weight += share;
        }

        return _start.Seconds(work) * (weight > 0 ? sum / weight : _anywhere);
    }

    private static double Place(int count) => count <= 0 ? 0 : Math.Min(1 + Math.Log2(count), Size - 1);

    private static (int Entry, double Share) Corner(double p, double d, int corner)
    {
        var (up, right) = (corner & 1, corner >> 1);
        var (row, column) = (Math.Min((int)p, Size - 2), Math.Min((int)d, Size - 2));
        var (a, b) = (p - row, d - column);
        return (((row + up) * Size) + column + right, (up == 1 ? a : 1 - a) * (right == 1 ? b : 1 - b));
    }
}
