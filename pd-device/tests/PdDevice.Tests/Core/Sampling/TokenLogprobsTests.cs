using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;

namespace PdDevice.Tests.Core.Sampling;

public sealed class TokenLogprobsTests
{
    private static readonly Gen<float> Logit = Gen.Frequency(
        (12, Gen.Choose(-300, 300).Select(x => x / 10f)),
        (2, Gen.Elements(-1f, 0f, 1f)),
        (1, Gen.Elements(float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, -600f)));

    [Fact]
    public void Of_AnyLogits_IsTheLogSoftmaxOfTheFiniteOnes() =>
        Prop.ForAll(Logit.NonEmptyListOf().ToArbitrary(), Gen.Choose(0, TokenLogprobs.MaxTop).ToArbitrary(), (logits, top) =>
        {
            var ranked = Enumerable.Range(0, logits.Count).Where(id => float.IsFinite(logits[id]))
                .OrderByDescending(id => logits[id]).ThenBy(id => id).ToArray();
            // Another way to the same figure: what share of the sum of powers, each against the largest.
            double Share(int id) => Math.Log(1 / ranked.Sum(other => Math.Exp((double)logits[other] - logits[id])));
            for (var chosen = 0; chosen < logits.Count; chosen++)
            {
                var logprobs = TokenLogprobs.Of(logits.ToArray(), chosen, top);
                Assert.Equal(ranked.Take(top), logprobs.Top.Select(t => t.Id));
                if (ranked.Contains(chosen)) Assert.Equal(Share(chosen), logprobs.Chosen, Tolerance);
                else Assert.Equal(double.NegativeInfinity, logprobs.Chosen);
                Assert.All(logprobs.Top, t => Assert.Equal(Share(t.Id), t.Logprob, Tolerance));
                Assert.True(logprobs.Chosen <= 0 && logprobs.Top.All(t => t.Logprob <= 0));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_AllAlternatives_ProbabilitiesSumToOne()
    {
        var logits = Enumerable.Range(0, TokenLogprobs.MaxTop).Select(i => MathF.Sin(i) * 4).ToArray();
        Assert.Equal(1, TokenLogprobs.Of(logits, 3, TokenLogprobs.MaxTop).Top.Sum(t => Math.Exp(t.Logprob)), 12);
    }

    [Fact]
    public void Of_EqualLogits_LowerIdComesFirst()
    {
        var logprobs = TokenLogprobs.Of([1, 2, 2, -0f, 0f, 2], 5, 5);
        Assert.Equal([1, 2, 5, 0, 3], logprobs.Top.Select(t => t.Id));
        Assert.Equal(logprobs.Top[0].Logprob, logprobs.Chosen);
    }

    [Fact]
    public void Of_OutOfRange_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenLogprobs.Of([1, 2], 2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenLogprobs.Of([1, 2], -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenLogprobs.Of([1, 2], 0, 21));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenLogprobs.Of([1, 2], 0, -1));
    }

    private static Func<double, double, bool> Tolerance { get; } = (a, b) => a == b || Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(a));
}
