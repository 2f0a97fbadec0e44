using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PdDevice.Core.Sampling;

/// <summary>
/// Finds where top-k and top-p cut without sorting the vocabulary: tokens are counted (or their probability mass summed)
/// in buckets by distance from the best logit, and only the bucket the cut falls into is sorted. Buffers are kept
/// between calls.
/// </summary>
internal sealed class TokenCutter
{
    /// <summary>The upper bits of the distance's float form: 32 buckets per octave, so no outlier squeezes the rest together.</summary>
    private const int Shift = 18;

    /// <summary>So few tokens are sorted as a whole.</summary>
    private const int Few = 1024;

    private const int Block = 64;

    private readonly List<float> _maxima = [];
    private readonly int[] _counts = new int[1 << (31 - Shift)];
    private readonly double[] _masses = new double[1 << (31 - Shift)];
    private readonly List<ulong> _keys = [];
    private double[] _weights = [];

    /// <summary>The first <paramref name="k"/> tokens of those the cut keeps.</summary>
    public TokenCut TopK(ReadOnlySpan<float> logits, float max, TokenCut cut, int k)
    {
        cut = Loosely(logits, cut, k);
        Array.Clear(_counts);
        var kept = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (!cut.Keeps(logits[i], i)) continue;
            _counts[Bucket(max, logits[i])]++;
            kept++;
        }

        if (kept <= k) return cut;
        var bucket = 0;
        for (; k > _counts[bucket]; bucket++) k -= _counts[bucket];
        var keys = Sorted(logits, max, cut, bucket);
        return At(logits, keys[k - 1]);
    }

    /// <summary>The shortest prefix of the kept tokens that holds at least the share <paramref name="p"/> of their probability mass.</summary>
    public TokenCut TopP(ReadOnlySpan<float> logits, float max, TokenCut cut, double p, double temperature)
    {
        if (KeepsFew(logits, cut))
        {
            var keys = Sorted(logits, max, cut, bucket: -1);
            var mass = 0.0;
            foreach (var key in keys) mass += Weight(logits, key, max, temperature);
            return Walk(logits, keys, max, temperature, p * mass);
        }

        var total = SumMasses(logits, max, cut, temperature);
        var missing = p * total;
        var bucket = 0;
        for (; bucket < _masses.Length && missing > _masses[bucket]; bucket++) missing -= _masses[bucket];
        if (bucket == _masses.Length) return cut; // p so near 1 that rounding ate the difference
        return Walk(logits, Sorted(logits, max, cut, bucket), max, temperature, missing);
    }

    /// <summary>
    /// A cut that keeps at least the first k, found by vectorised passes alone: at least k tokens are no worse than the
    /// k-th best of the maxima of small blocks. Spares the exact search nearly all tokens.
    /// </summary>
    private TokenCut Loosely(ReadOnlySpan<float> logits, TokenCut cut, int k)
    {
        var blocks = logits.Length / Block;
        if (blocks < k) return cut;
        CollectionsMarshal.SetCount(_maxima, blocks);
        var maxima = CollectionsMarshal.AsSpan(_maxima);
        for (var i = 0; i < blocks; i++) maxima[i] = TensorPrimitives.Max(logits.Slice(i * Block, Block));
        maxima.Sort();
        var bound = maxima[blocks - k];
        return bound > cut.Logit ? new TokenCut(bound, int.MaxValue) : cut;
    }

    private static bool KeepsFew(ReadOnlySpan<float> logits, TokenCut cut)
    {
        var kept = 0;
        for (var i = 0; i < logits.Length && kept <= Few; i++)
        {
            if (cut.Keeps(logits[i], i)) kept++;
        }

        return kept <= Few;
    }

    private double SumMasses(ReadOnlySpan<float> logits, float max, TokenCut cut, double temperature)
    {
        if (_weights.Length < logits.Length) _weights = new double[logits.Length];
        var weights = _weights.AsSpan(0, logits.Length);
        TensorPrimitives.ConvertTruncating(logits, weights);
        TensorPrimitives.Subtract(weights, max, weights);
        TensorPrimitives.Divide(weights, temperature, weights);
        TensorPrimitives.Exp(weights, weights);
        Array.Clear(_masses);
        var total = 0.0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (!cut.Keeps(logits[i], i)) continue;
            _masses[Bucket(max, logits[i])] += weights[i];
            total += weights[i];
        }

        return total;
    }

    private static TokenCut Walk(ReadOnlySpan<float> logits, Span<ulong> keys, float max, double temperature, double missing)
    {
        var last = keys[0];
        foreach (var key in keys)
        {
            if (missing <= 0) break;
            last = key;
            missing -= Weight(logits, key, max, temperature);
        }

        return At(logits, last);
    }

    /// <summary>Order keys of the kept tokens of one bucket (-1: of all).</summary>
    private Span<ulong> Sorted(ReadOnlySpan<float> logits, float max, TokenCut cut, int bucket)
    {
        _keys.Clear();
        for (var i = 0; i < logits.Length; i++)
        {
            if (cut.Keeps(logits[i], i) && (bucket < 0 || Bucket(max, logits[i]) == bucket)) _keys.Add(TokenCut.Key(logits[i], i));
        }

        var keys = CollectionsMarshal.AsSpan(_keys);
        keys.Sort();
        return keys;
    }

    // Monotone in the logit: subtraction rounds monotonically, and non-negative floats order as their bits do. A best
    // logit of -0 against one of +0 gives -0, which the addition turns positive.
    private static int Bucket(float max, float logit) => BitConverter.SingleToInt32Bits(max - logit + 0f) >> Shift;

    private static double Weight(ReadOnlySpan<float> logits, ulong key, float max, double temperature) =>
        Math.Exp(((double)logits[(int)(uint)key] - max) / temperature);

    private static TokenCut At(ReadOnlySpan<float> logits, ulong key) => new(logits[(int)(uint)key], (int)(uint)key);
}
