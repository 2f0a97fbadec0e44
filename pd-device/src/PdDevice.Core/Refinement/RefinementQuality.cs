namespace PdDevice.Core.Refinement;

/// <summary>What a keep ratio was measured to cost.</summary>
/// <param name="Ratio">Above 0, below 1.</param>
/// <param name="MeanChange">Points of exact match against the raw prompt, paired; negative: lost.</param>
/// <param name="LowerBound">Of the 95% interval of that change, points.</param>
/// <param name="Pairs">Prompts it was measured on.</param>
public readonly record struct RatioQuality(double Ratio, double MeanChange, double LowerBound, int Pairs);

/// <summary>
/// The measured quality of a model by keep ratio, and which ratio it bears: a mean loss of at most one point, and a lower
/// bound above minus three. Where none is borne, nothing is refined.
/// </summary>
public sealed class RefinementQuality
{
    /// <summary>Points of exact match that may be lost in the mean.</summary>
    public const double MostMeanLoss = 1;

    /// <summary>The lower bound must be above this, points.</summary>
    public const double LeastLowerBound = -3;

    private readonly RatioQuality[] _ratios;

    /// <param name="ratios">In any order; each once.</param>
    /// <param name="tasks">The same of each task alone; null (default): not measured by task.</param>
    /// <exception cref="ArgumentException">A ratio is out of range or comes twice.</exception>
    public RefinementQuality(IReadOnlyList<RatioQuality> ratios, IReadOnlyDictionary<string, RefinementQuality>? tasks = null)
    {
        Tasks = tasks ?? new Dictionary<string, RefinementQuality>();
        _ratios = [.. ratios.OrderBy(quality => quality.Ratio)];
        if (_ratios.Any(quality => quality.Ratio is not (> 0 and < 1))) throw new ArgumentException("A keep ratio is above 0 and below 1.", nameof(ratios));
        if (_ratios.Select(quality => quality.Ratio).Distinct().Count() != _ratios.Length) throw new ArgumentException("A keep ratio comes twice.", nameof(ratios));
    }

    /// <summary>Rising.</summary>
    public IReadOnlyList<RatioQuality> Ratios => _ratios;

    /// <summary>What each task bears by itself, by its name; one that did not count (too few right unrefined) has no ratio, and so bears none.</summary>
    public IReadOnlyDictionary<string, RefinementQuality> Tasks { get; }

    /// <summary>The smallest ratio that is borne. Null: none, so refinement is off for this model or task.</summary>
    public double? SmallestBorne => _ratios.Where(IsBorne).Select(quality => (double?)quality.Ratio).FirstOrDefault();

    /// <summary>Whether a loss like this is small enough and known well enough.</summary>
    public static bool IsBorne(RatioQuality quality) => quality.MeanChange >= -MostMeanLoss && quality.LowerBound > LeastLowerBound;
}
