using MathNet.Numerics.Statistics;

namespace WisePanda.Evaluation;

/// <summary>The share of edges whose mate is among the first k, and how sure it is.</summary>
public static class TopK
{
    /// <summary>The values of k that tables show.</summary>
    public static IReadOnlyList<int> Shown { get; } = [1, 5, 10, 20, 50];

    private const int Draws = 2000;

    /// <summary>The share in percent of both directions.</summary>
    public static double Share(IReadOnlyList<(double Top, double Bottom)> ranks, int k) => 100 * ranks.Average(rank => Hits(rank, k));

    /// <summary>The 95% interval of <see cref="Share"/> in percent: a bootstrap by pair, since a pair's two directions are not independent.</summary>
    public static double[] Interval(IReadOnlyList<(double Top, double Bottom)> ranks, int k) => Bootstrap([.. ranks.Select(rank => Hits(rank, k))]);

    /// <summary>The 95% interval of the difference of two methods' shares in percentage points, the same pairs being drawn for both.</summary>
    public static double[] PairedInterval(IReadOnlyList<(double Top, double Bottom)> better, IReadOnlyList<(double Top, double Bottom)> than, int k) =>
        Bootstrap([.. better.Zip(than, (one, other) => Hits(one, k) - Hits(other, k))]);

    private static double Hits((double Top, double Bottom) rank, int k) => ((rank.Top <= k ? 1 : 0) + (rank.Bottom <= k ? 1 : 0)) / 2.0;

    private static double[] Bootstrap(double[] ofPairs)
    {
        var random = new Random(1);
        var means = new double[Draws];
        for (var draw = 0; draw < Draws; draw++)
        {
            var sum = 0.0;
            for (var i = 0; i < ofPairs.Length; i++) sum += ofPairs[random.Next(ofPairs.Length)];
            means[draw] = 100 * sum / ofPairs.Length;
        }
        return [means.Quantile(0.025), means.Quantile(0.975)];
    }
}
