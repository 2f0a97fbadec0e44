using MathNet.Numerics.Statistics;

namespace PdDevice.Benchmarks;

/// <summary>How one side compares with another over runs that were taken in turn: what disturbs the machine disturbs the neighbours of a pair alike.</summary>
/// <param name="Median">Median of the runs' ratios.</param>
/// <param name="Low">Lower end of the 95% interval of that median.</param>
/// <param name="High">Upper end.</param>
public sealed record PairedRatio(double Median, double Low, double High)
{
    private const int Resamples = 10_000;

    /// <summary>Median ratio with its percentile bootstrap interval (Efron 1979): the runs' ratios are drawn anew with replacement.</summary>
    /// <param name="ours">One figure a run, above 0.</param>
    /// <param name="theirs">The other side's in the same runs.</param>
    /// <param name="seed">Of the resampling: the same figures give the same interval.</param>
    /// <exception cref="ArgumentException">No runs, not as many on both sides, or a figure that is not above 0.</exception>
    public static PairedRatio Of(IReadOnlyList<double> ours, IReadOnlyList<double> theirs, int seed = 1)
    {
        if (ours.Count == 0 || ours.Count != theirs.Count) throw new ArgumentException("Both sides need the same number of runs, at least one.", nameof(theirs));
        if (ours.Concat(theirs).Any(figure => figure is not (> 0 and < double.PositiveInfinity))) throw new ArgumentException("A figure is not above 0.", nameof(ours));
        var ratios = ours.Zip(theirs, (a, b) => a / b).ToArray();
        var random = new Random(seed);
        var drawn = new double[ratios.Length];
        var medians = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            for (var k = 0; k < drawn.Length; k++) drawn[k] = ratios[random.Next(ratios.Length)];
            medians[i] = drawn.Median();
        }

        return new PairedRatio(ratios.Median(), medians.Quantile(0.025), medians.Quantile(0.975));
    }
}
