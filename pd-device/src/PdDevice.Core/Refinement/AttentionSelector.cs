namespace PdDevice.Core.Refinement;

/// <summary>
/// What the prompt's last queries look at, as SnapKV's observation window does (Li et al., NeurIPS 2024, arXiv 2404.14469).
/// The mean over queries comes with the capture; over heads and layers the maximum is taken and over neighbours a weighted mean, much as
/// SpecPrefill does (Liu et al., ICML 2025, arXiv 2502.02789).
/// </summary>
public sealed class AttentionSelector : ISelector
{
    private const int Radius = 2; // neighbours on either side that a score is averaged with

    private readonly bool _earlyOnly;

    private AttentionSelector(string name, bool earlyOnly) => (Name, _earlyOnly) = (name, earlyOnly);

    /// <summary>All captured layers.</summary>
    public static AttentionSelector Window { get; } = new("window", earlyOnly: false);

    /// <summary>The early ones only, which a cloud has sooner, as GemFilter's filter layer (Shi et al., ACL Findings 2026).</summary>
    public static AttentionSelector Early { get; } = new("early", earlyOnly: true);

    /// <summary>Whether <see cref="Early"/> has a layer of the model's first half to choose by; if not, it takes the first captured one, wherever that is.</summary>
    public static bool HasEarly(AttentionScores attention) => IsEarly(attention, 0);

    public string Name { get; }

    public bool NeedsAttention => true;

    public float[] Score(SelectorInput input)
    {
        if (input.Attention is not { } attention || attention.Positions != input.Units.Positions)
            throw new ArgumentException($"The selector '{Name}' needs attention over all {input.Units.Positions} positions.", nameof(input));
        var pooled = new float[attention.Positions];
        for (var layer = 0; layer < attention.Layers.Count; layer++)
        {
            if (_earlyOnly && layer > 0 && !IsEarly(attention, layer)) break;
            for (var head = 0; head < attention.Heads; head++) Pool(pooled, attention.Of(layer, head));
        }

        return Smooth(pooled);
    }

    private static bool IsEarly(AttentionScores attention, int layer) => attention.Layers[layer] < attention.ModelLayers / 2;

    // The largest weight any head gives: few heads look things up, and a mean over all drowns them.
    private static void Pool(float[] pooled, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < pooled.Length; i++)
            if (weights[i] > pooled[i]) pooled[i] = weights[i]; // what is no number says nothing
    }

    private static float[] Smooth(float[] scores)
    {
        var smooth = new float[scores.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            var (sum, weights) = (0f, 0);
            for (var j = Math.Max(0, i - Radius); j <= Math.Min(scores.Length - 1, i + Radius); j++)
            {
                var weight = Radius + 1 - Math.Abs(i - j); // so that a peak stays above its neighbours
                sum += weight * scores[j];
                weights += weight;
            }

            smooth[i] = sum / weights;
        }

        return smooth;
    }
}
