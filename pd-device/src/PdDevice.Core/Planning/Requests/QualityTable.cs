using PdDevice.Core.Refinement;

namespace PdDevice.Core.Planning.Requests;

/// <summary>How good answers are when only a share of the prompt's remaining positions is kept.</summary>
/// <param name="KeepRatio">r, above 0 to 1.</param>
/// <param name="MeanLoss">Mean loss of quality against the whole prompt, as measured: 0 none, 1 all.</param>
/// <param name="MostLoss">Upper end of the measurement's confidence interval: what a plan must reckon with.</param>
public readonly record struct QualityPoint(double KeepRatio, double MeanLoss, double MostLoss);

/// <summary>The keep ratios that may be chosen. Measured by whoever measures refinement, for one model and kind of prompt.</summary>
public sealed class QualityTable
{
    private readonly QualityPoint[] _points;

    /// <param name="points">Any order; the whole prompt, at no loss, is added where it is missing.</param>
    /// <exception cref="ArgumentException">A ratio or loss out of range, or a ratio twice.</exception>
    public QualityTable(params ReadOnlySpan<QualityPoint> points)
    {
        var all = new List<QualityPoint>(points.Length + 1);
        foreach (var point in points)
        {
            if (!(point.KeepRatio > 0 && point.KeepRatio <= 1)) throw new ArgumentException($"A keep ratio is above 0 and at most 1, not {point.KeepRatio}.", nameof(points));
            if (!(point.MeanLoss >= 0 && point.MostLoss >= point.MeanLoss && point.MostLoss <= 1))
                throw new ArgumentException($"Losses at keep ratio {point.KeepRatio}: 0 <= mean <= most <= 1, not {point.MeanLoss} and {point.MostLoss}.", nameof(points));
            if (all.Exists(other => other.KeepRatio == point.KeepRatio)) throw new ArgumentException($"The keep ratio {point.KeepRatio} is given twice.", nameof(points));
            all.Add(point);
        }

        if (!all.Exists(point => point.KeepRatio == 1)) all.Add(new QualityPoint(1, 0, 0));
        all.Sort((a, b) => b.KeepRatio.CompareTo(a.KeepRatio));
        _points = [.. all];
    }

    /// <summary>What was measured: points of exact match become shares, and what was gained counts as nothing lost.</summary>
    public static QualityTable Of(RefinementQuality measured) => new([.. measured.Ratios.Select(ratio =>
        new QualityPoint(ratio.Ratio, Math.Max(0, -ratio.MeanChange / 100), Math.Clamp(-ratio.LowerBound / 100, Math.Max(0, -ratio.MeanChange / 100), 1)))]);

    /// <summary>No refinement: the whole prompt only.</summary>
    public static QualityTable Whole { get; } = new();

    /// <summary>Largest ratio first; never empty.</summary>
    public ReadOnlySpan<QualityPoint> Points => _points;
}
