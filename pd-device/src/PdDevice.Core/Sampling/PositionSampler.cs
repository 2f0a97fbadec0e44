using System.Numerics.Tensors;

namespace PdDevice.Core.Sampling;

/// <summary>
/// Draws the token of an answer index from logits. A function of (raw prompt, tokens accepted so far, logits, index): one
/// built anew and fed the ledger draws as the one that was there all along, so either side can take over anywhere.
/// </summary>
/// <remarks>
/// Order, as vLLM documents it: penalties (repetition, then frequency and presence), the mask, temperature, min-p, top-k, top-p;
/// each share is of what the filters before have kept, and tokens with equal logits rank by id. Among the kept tokens the
/// draw is Gumbel-max, <c>argmax(logit / T + noise(seed, index, id))</c>, which follows softmax (Gumbel 1954; Maddison,
/// Tarlow, Minka 2014). Temperature 0: the best token, the lowest id on a tie. Logits that are not finite are never
/// drawn. Not safe for concurrent use.
/// </remarks>
public sealed class PositionSampler
{
    private readonly SamplingOptions _options;
    private readonly Penalties _penalties;
    private readonly int[] _end;
    private readonly ITokenMask? _mask;
    private TokenCutter? _cutter; // 100 KB that only top-k and top-p need
    private float[] _work = [];

    /// <param name="options">Must be valid.</param>
    /// <param name="prompt">The raw prompt's tokens, whatever of it was kept or prefilled.</param>
    /// <param name="endOfGeneration">Ids that end an answer; not drawn where the options hold them back.</param>
    /// <param name="mask">What the answer may consist of; null (default): anything. Used, not owned.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public PositionSampler(SamplingOptions options, ReadOnlySpan<int> prompt, IReadOnlyList<int> endOfGeneration, ITokenMask? mask = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(endOfGeneration);
        if (options.Validate() is { } problem) throw new ArgumentException(problem, nameof(options));
        (_options, _mask) = (options, mask);
        _end = [.. endOfGeneration.Where(id => id >= 0).Distinct().Order()];
        _penalties = new Penalties(options);
        _penalties.AddPrompt(prompt);
    }

    /// <summary>Takes note of the next committed token of the answer, whoever made it.</summary>
    /// <exception cref="InvalidOperationException">The mask does not allow it.</exception>
    public void Accept(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        if (_mask?.Accept(token) == false) throw new InvalidOperationException("The token is none that the answer may go on with.");
        _penalties.AddAnswer(token);
    }

    /// <summary>Draws the token of an answer index. Changes nothing: drawing twice gives the same.</summary>
    /// <param name="logits">One per vocabulary entry.</param>
    /// <param name="index">Index in the answer, from 0; continues across handovers and continuations.</param>
    /// <exception cref="InvalidOperationException">No token can be drawn: no finite logit is left.</exception>
    public int Sample(ReadOnlySpan<float> logits, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var excluded = _options.IgnoreEndOfGeneration || index < _options.MinTokens ? _end : [];
        if (_options.Temperature == 0 && !_penalties.Active && _mask is null) return Require(Greedy.ArgMax(logits, excluded));
        var work = Prepare(logits, excluded);
        var best = Require(Greedy.ArgMax(work, []));
        return _options.Temperature == 0 ? best : Draw(work, best, Filter(work, work[best]), new PositionNoise(_options.Seed, index));
    }

    /// <summary>A copy with penalties applied in which everything that must not be drawn is negative infinity.</summary>
    private Span<float> Prepare(ReadOnlySpan<float> logits, int[] excluded)
    {
        if (_work.Length < logits.Length) _work = new float[logits.Length];
        var work = _work.AsSpan(0, logits.Length);
        logits.CopyTo(work);
        _penalties.Apply(work);
        foreach (var id in excluded)
        {
            if (id < work.Length) work[id] = float.NegativeInfinity;
        }

        _mask?.Apply(work);

        if (work.IsEmpty || TensorPrimitives.Max<float>(work) < float.PositiveInfinity) return work; // false for NaN too
        foreach (ref var logit in work)
        {
            if (!float.IsFinite(logit)) logit = float.NegativeInfinity;
        }

        return work;
    }

    private TokenCutter Cutter => _cutter ??= new TokenCutter();

    private TokenCut Filter(ReadOnlySpan<float> work, float max)
    {
        var cut = _options.MinP > 0 ? TokenCut.MinP(max, _options.MinP, _options.Temperature) : TokenCut.None;
        if (_options.TopK > 0 && _options.TopK < work.Length) cut = Cutter.TopK(work, max, cut, _options.TopK);
        return _options.TopP < 1 ? Cutter.TopP(work, max, cut, _options.TopP, _options.Temperature) : cut;
    }

    private int Draw(ReadOnlySpan<float> work, int best, TokenCut cut, PositionNoise noise)
    {
        double max = work[best];
        var drawn = best;
        var score = noise.Gumbel(best);
        for (var token = 0; token < work.Length; token++)
        {
            if (!cut.Keeps(work[token], token)) continue;
            var shift = (work[token] - max) / _options.Temperature;
            var bits = noise.Bits(token);
            if (shift + PositionNoise.GumbelBound(bits) < score) continue; // spares nearly all tokens two logarithms
            var candidate = shift + PositionNoise.Gumbel(bits);
            if (candidate > score || (candidate == score && token < drawn)) (drawn, score) = (token, candidate);
        }

        return drawn;
    }

    private static int Require(int token) =>
        token >= 0 ? token : throw new InvalidOperationException("No token can be drawn: no finite logit is left.");
}
