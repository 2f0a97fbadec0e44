namespace PdDevice.Evaluation.Scoring;

/// <summary>A figure with its 95% interval.</summary>
public readonly record struct Interval(double Value, double Low, double High);

/// <summary>Intervals of shares and of their paired differences.</summary>
public static class Intervals
{
    private const double Z = 1.959964; // two-sided 95% of the normal distribution

    /// <summary>Wilson's score interval of a share (Wilson, JASA 1927).</summary>
    /// <param name="right">Of them right.</param>
    /// <param name="all">At least 1.</param>
    public static Interval Wilson(int right, int all)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(all, 1);
        var p = (double)right / all;
        var centre = (p + (Z * Z / (2 * all))) / (1 + (Z * Z / all));
        var half = Z / (1 + (Z * Z / all)) * Math.Sqrt((p * (1 - p) / all) + (Z * Z / (4.0 * all * all)));
        return new Interval(p, right == 0 ? 0 : centre - half, right == all ? 1 : centre + half);
    }

    /// <summary>
    /// Share of pairs right the second way less the share right the first way, paired: Newcombe's method 10 (Statistics in
    /// Medicine 17, 1998), made of two Wilson intervals. Unlike a bootstrap it is not of zero width where no pair differs.
    /// </summary>
    /// <param name="both">Pairs right both ways.</param>
    /// <param name="onlyFirst">Right the first way only.</param>
    /// <param name="onlySecond">Right the second way only.</param>
    /// <param name="neither">Right neither way.</param>
    public static Interval PairedChange(int both, int onlyFirst, int onlySecond, int neither)
    {
        var n = both + onlyFirst + onlySecond + neither;
        var (first, second) = (Wilson(both + onlyFirst, n), Wilson(both + onlySecond, n));
        var change = (double)(onlySecond - onlyFirst) / n;
        var phi = Phi(both, onlyFirst, onlySecond, neither);
        return new Interval(
            change,
            Math.Max(-1, change - Distance(second.Value - second.Low, first.High - first.Value)),
            Math.Min(1, change + Distance(second.High - second.Value, first.Value - first.Low)));

        double Distance(double a, double b) => Math.Sqrt(Math.Max(0, (a * a) - (2 * phi * a * b) + (b * b)));
    }

    private static double Phi(double a, double b, double c, double d)
    {
        var margins = (a + b) * (c + d) * (a + c) * (b + d);
        if (margins == 0) return 0;
        var product = (a * d) - (b * c);
        if (product > 0) product = Math.Max(0, product - ((a + b + c + d) / 2));
        return product / Math.Sqrt(margins);
    }
}
