namespace PdDevice.Core.Refinement;

/// <summary>How heads and layers become one score.</summary>
public enum AttentionPooling
{
    /// <summary>The largest weight any head gives: few heads look things up, and a mean over all drowns them.</summary>
    Max,

    /// <summary>The mean over heads and layers.</summary>
    Mean,
}

/// <summary>
/// What the prompt's last queries look at, as SnapKV's observation window does (Li et al., NeurIPS 2024, arXiv 2404.14469).
/// The mean over queries comes with the capture; over heads and layers the maximum is taken and over neighbours a weighted mean, much as
/// SpecPrefill does (Liu et al., ICML 2025, arXiv 2502.02789).
/// </summary>
public sealed class AttentionSelector : ISelector
{
    private readonly bool _earlyOnly;
    private readonly AttentionPooling _pooling;
    private readonly int _radius;

    /// <param name="name">Of the selector.</param>
    /// <param name="earlyOnly">Only captured layers of the model's first half count, and the first captured one in any case.</param>
    /// <param name="pooling">Default: max.</param>
    /// <param name="radius">Neighbours on either side that a score is averaged with, the nearer the more, 0 or more; default 2.</param>
    public AttentionSelector(string name, bool earlyOnly = false, AttentionPooling pooling = AttentionPooling.Max, int radius = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(radius);
        (Name, _earlyOnly, _pooling, _radius) = (name, earlyOnly, pooling, radius);
    }

    /// <summary>All captured layers.</summary>
    public static AttentionSelector Window { get; } = new("window");

    /// <summary>The early ones only, which a cloud has sooner, as GemFilter's filter layer (Shi et al., ACL Findings 2026).</summary>
    public static AttentionSelector Early { get; } = new("early", earlyOnly: true);

    public string Name { get; }

    public bool NeedsAttention => true;

    public float[] Score(SelectorInput input)
    {
        if (input.Attention is not { } attention || attention.Positions != input.Units.Positions)
            throw new ArgumentException($"The selector '{Name}' needs attention over all {input.Units.Positions} positions.", nameof(input));
        var pooled = new float[attention.Positions];
        var layers = 0;
        for (var layer = 0; layer < attention.Layers.Count; layer++)
        {
            if (_earlyOnly && layer > 0 && attention.Layers[layer] >= attention.ModelLayers / 2) break;
            layers++;
            for (var head = 0; head < attention.Heads; head++) Pool(pooled, attention.Of(layer, head));
        }

        if (_pooling == AttentionPooling.Mean)
            for (var i = 0; i < pooled.Length; i++) pooled[i] /= layers * attention.Heads;
        return Smooth(pooled);
    }

    private void Pool(float[] pooled, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < pooled.Length; i++)
        {
            var weight = weights[i] > 0 ? weights[i] : 0; // what is no number says nothing
            pooled[i] = _pooling == AttentionPooling.Max ? Math.Max(pooled[i], weight) : pooled[i] + weight;
        }
    }

    private float[] Smooth(float[] scores)
    {
        if (_radius == 0) return scores;
        var smooth = new float[scores.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            var (sum, weights) = (0f, 0);
            for (var j = Math.Max(0, i - _radius); j <= Math.Min(scores.Length - 1, i + _radius); j++)
            {
                var weight = _radius + 1 - Math.Abs(i - j); // so that a peak stays above its neighbours
                sum += weight * scores[j];
                weights += weight;
            }

            smooth[i] = sum / weights;
        }

        return smooth;
    }
}
