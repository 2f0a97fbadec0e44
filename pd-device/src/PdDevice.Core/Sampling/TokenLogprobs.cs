using System.Numerics.Tensors;

namespace PdDevice.Core.Sampling;

/// <summary>A token and the natural logarithm of its probability.</summary>
public readonly record struct TokenLogprob(int Id, double Logprob);

/// <summary>
/// How likely the model found the token that was drawn, and the likeliest ones beside it: log-softmax of the raw logits,
/// at temperature 1 and before penalties and filters, as vLLM's <c>raw_logprobs</c>. So it says what the model thought,
/// not how it was sampled, and is the same on either side. A logit that is not finite is never drawn: its probability
/// is 0 and it is not among the likeliest.
/// </summary>
/// <param name="Chosen">Of the drawn token, at most 0; negative infinity when its probability is 0.</param>
/// <param name="Top">The likeliest tokens, best first, the lowest id on a tie; fewer than asked for when fewer are finite.</param>
public sealed record TokenLogprobs(double Chosen, IReadOnlyList<TokenLogprob> Top)
{
    /// <summary>Most alternatives that can be asked for.</summary>
    public const int MaxTop = 20;

    /// <param name="logits">One per vocabulary entry, as the engine gave them.</param>
    /// <param name="chosen">The id that was drawn.</param>
    /// <param name="top">Alternatives wanted, 0 to <see cref="MaxTop"/>.</param>
    public static TokenLogprobs Of(ReadOnlySpan<float> logits, int chosen, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chosen);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chosen, logits.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top, MaxTop);
        Span<int> best = stackalloc int[top];
        best = best[..Largest(logits, best)];
        var most = Greedy.ArgMax(logits, []);
        if (most < 0) return new TokenLogprobs(double.NegativeInfinity, []);

        double max = logits[most];
        var shift = max + Math.Log(SumOfExponentials(logits, max));
        var alternatives = new TokenLogprob[best.Length];
        for (var i = 0; i < best.Length; i++) alternatives[i] = new TokenLogprob(best[i], logits[best[i]] - shift);
        return new TokenLogprobs(float.IsFinite(logits[chosen]) ? logits[chosen] - shift : double.NegativeInfinity, alternatives);
    }

    /// <summary>Of the finite logits less their largest.</summary>
    private static double SumOfExponentials(ReadOnlySpan<float> logits, double max)
    {
        // Vectorised: once a token and choice, over vocabularies of a hundred thousand and more.
        Span<double> buffer = stackalloc double[256];
        var sum = 0.0;
        for (var rest = logits; !rest.IsEmpty;)
        {
            var part = buffer[..Math.Min(buffer.Length, rest.Length)];
            TensorPrimitives.ConvertChecked(rest[..part.Length], part);
            TensorPrimitives.Subtract(part, max, part);
            TensorPrimitives.Exp<double>(part, part);
            sum += TensorPrimitives.Sum<double>(part);
            rest = rest[part.Length..];
        }

        if (double.IsFinite(sum)) return sum;
        sum = 0; // a logit is NaN or positive infinity: rare, so one by one
        foreach (var logit in logits)
        {
            if (float.IsFinite(logit)) sum += Math.Exp(logit - max);
        }

        return sum;
    }

    /// <summary>Fills in the ids of the largest finite logits, best first; how many there were.</summary>
    private static int Largest(ReadOnlySpan<float> logits, Span<int> best)
    {
        if (best.IsEmpty) return 0;
        var count = 0;
        var floor = float.NegativeInfinity; // what a logit must exceed to be among them
        for (var id = 0; id < logits.Length; id++)
        {
            if (!(logits[id] > floor) || float.IsPositiveInfinity(logits[id])) continue;
            if (count < best.Length) count++;
            var at = count - 1;
            for (; at > 0 && logits[id] > logits[best[at - 1]]; at--) best[at] = best[at - 1];
            best[at] = id;
            if (count == best.Length) floor = logits[best[^1]];
        }

        return count;
    }
}
