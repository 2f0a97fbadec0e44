namespace PdDevice.Core.Planning.Delays;

/// <summary>
/// A distribution of values that are not negative, learned online in bounded memory: a histogram whose buckets grow by
/// a fixed factor, so that a quantile is off by at most <see cref="RelativeError"/> of its value (the scheme of DDSketch,
/// Masson, Rim, Lee 2019, doi:10.14778/3352063.3352135, with fixed ends). Old values fade: one value weighs half as much
/// as one that came a half-life later. Sketches of equal half-life merge. Deterministic; not safe for concurrent use.
/// </summary>
public sealed class QuantileSketch
{
    /// <summary>Largest error of a quantile, as a share of it, for values from <see cref="Least"/> to <see cref="Most"/>.</summary>
    public const double RelativeError = 0.02;

    /// <summary>Smaller values count as 0.</summary>
    public const double Least = 1e-6;

    /// <summary>Larger values count as this.</summary>
    public const double Most = 1e6;

    private const double Factor = (1 + RelativeError) / (1 - RelativeError);
    private const double Overflow = 1e200;
    private static readonly double LogFactor = Math.Log(Factor);
    private static readonly int Buckets = 2 + (int)Math.Ceiling(Math.Log(Most / Least) / LogFactor); // 0 holds what counts as 0

    private readonly double[] _weights = new double[Buckets];
    private readonly double _growth;
    private double _unit = 1; // weight of the next value; grows instead of all others shrinking
    private double _total;
    private double _sum;
    private int _first = Buckets;
    private int _last = -1;

    /// <param name="halfLife">Number of values after which one weighs half, above 0; default: nothing fades.</param>
    public QuantileSketch(double halfLife = double.PositiveInfinity)
    {
        if (!(halfLife > 0)) throw new ArgumentOutOfRangeException(nameof(halfLife), halfLife, "A half-life is above 0.");
        _growth = Math.Pow(2, 1 / halfLife);
    }

    /// <summary>Weight of all values: their number where nothing fades.</summary>
    public double Count => _total / _unit;

    /// <summary>Weighted mean, exact; 0 without values.</summary>
    public double Mean => _total > 0 ? _sum / _total : 0;

    /// <summary>Takes a value in.</summary>
    /// <param name="value">0 or more; above <see cref="Most"/> it counts as that.</param>
    /// <param name="weight">Times it counts, above 0; default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or no number, or the weight is not above 0.</exception>
    public void Add(double value, double weight = 1)
    {
        if (!(value >= 0)) throw new ArgumentOutOfRangeException(nameof(value), value, "A value is a number of 0 or more.");
        if (!(weight > 0) || !double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight is a finite number above 0.");
        value = Math.Min(value, Most);
        _unit *= _growth;
        if (_unit > Overflow) Rescale();
        Put(BucketOf(value), weight * _unit, value * weight * _unit);
    }

    /// <summary>The value below which a share of all lies.</summary>
    /// <param name="q">0 to 1; beyond is taken as the nearer end.</param>
    /// <returns>Within <see cref="RelativeError"/> of a value at that rank; 0 without values.</returns>
    public double Quantile(double q)
    {
        if (_total <= 0) return 0;
        var rank = Math.Clamp(q, 0, 1) * _total;
        var below = 0.0;
        for (var bucket = _first; bucket < _last; bucket++)
        {
            below += _weights[bucket];
            if (below >= rank && _weights[bucket] > 0) return ValueOf(bucket);
        }

        return ValueOf(_last);
    }

    /// <summary>Share of all that is at most a value, 0 to 1; 0 without values.</summary>
    /// <returns>That of a value within <see cref="RelativeError"/> of it.</returns>
    public double ShareAtMost(double value)
    {
        if (!(value >= 0) || _total <= 0) return 0;
        var (below, end) = (0.0, Math.Min(_last, BucketOf(Math.Min(value, Most))));
        for (var bucket = _first; bucket <= end; bucket++) below += _weights[bucket];
        return Math.Min(1, below / _total);
    }

    /// <summary>Takes in all that the other holds, as if it had been added here just now.</summary>
    public void Merge(QuantileSketch other)
    {
        for (var bucket = other._first; bucket <= other._last; bucket++)
            if (other._weights[bucket] > 0)
                Put(bucket, other._weights[bucket] / other._unit * _unit, 0);
        _sum += other._sum / other._unit * _unit;
    }

    private static int BucketOf(double value) =>
        value < Least ? 0 : Math.Min(1 + (int)Math.Floor(Math.Log(value / Least) / LogFactor), Buckets - 1);

    // The middle in the sense of the relative error: both ends of the bucket are equally far from it.
    private static double ValueOf(int bucket) =>
        bucket == 0 ? 0 : Least * Math.Pow(Factor, bucket - 1) * 2 * Factor / (1 + Factor);

    private void Put(int bucket, double weight, double sum)
    {
        _weights[bucket] += weight;
        _total += weight;
        _sum += sum;
        if (bucket < _first) _first = bucket;
        if (bucket > _last) _last = bucket;
    }

    private void Rescale()
    {
        for (var bucket = _first; bucket <= _last; bucket++) _weights[bucket] /= _unit;
        _total /= _unit;
        _sum /= _unit;
        _unit = 1;
    }
}
