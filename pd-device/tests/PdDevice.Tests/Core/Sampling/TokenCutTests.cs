using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;

namespace PdDevice.Tests.Core.Sampling;

/// <summary>The kept sets exactly: a draw seldom shows whether the last token was kept.</summary>
public sealed class TokenCutTests
{
    /// <summary>Finite logits of any size and spread, sometimes tied, sometimes masked in part.</summary>
    private static readonly Arbitrary<float[]> Logits =
        (from size in Gen.Elements(1, 7, 200, 2500, 9000)
         from spread in Gen.Elements(0.001, 0.5, 5, 40, 1e6)
         from tied in Gen.Elements(false, true)
         from seed in Gen.Choose(0, int.MaxValue - 1)
         select Make(size, spread, tied, seed)).ToArbitrary();

    [Fact]
    public void TopK_AfterAnyMinP_KeepsTheFirstOfTheSortedVocabulary() =>
        Prop.ForAll(Logits, Gen.Elements(1, 2, 40, 130, 1500).ToArbitrary(), Gen.Elements(0, 0.01, 0.6, 1).ToArbitrary(), (logits, k, minP) =>
        {
            var max = logits.Max();
            var kept = Ranked(logits).Where(id => logits[id] >= max + 0.7 * Math.Log(minP)).ToList();
            var cut = minP > 0 ? TokenCut.MinP(max, minP, 0.7) : TokenCut.None;
            AssertKeeps(kept, logits, cut);
            AssertKeeps(kept.Take(k), logits, new TokenCutter().TopK(logits, max, cut, k));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TopP_AfterAnyTopK_KeepsTheShortestPrefixWithTheMass() =>
        Prop.ForAll(Logits, Gen.Elements(0.00001, 0.31131, 0.94987, 0.9999).ToArbitrary(), Gen.Elements(3, 600, 2000, 10_000).ToArbitrary(), (logits, p, k) =>
        {
            var (max, temperature, cutter) = (logits.Max(), 0.9, new TokenCutter());
            var cut = cutter.TopK(logits, max, TokenCut.None, k);
            var ranked = Ranked(logits).Take(k).ToList();
            var weights = ranked.Select(id => Math.Exp((logits[id] - (double)max) / temperature)).ToList();
            var (total, before, count) = (weights.Sum(), 0.0, 0);
            while (count < ranked.Count && before < p * total) before += weights[count++];
            AssertKeeps(ranked.Take(count), logits, cutter.TopP(logits, max, cut, p, temperature));
        }).QuickCheckThrowOnFailure();

    private static void AssertKeeps(IEnumerable<int> expected, float[] logits, TokenCut cut) =>
        Assert.Equal(expected.Order(), Enumerable.Range(0, logits.Length).Where(id => cut.Keeps(logits[id], id)));

    private static IEnumerable<int> Ranked(float[] logits) =>
        Enumerable.Range(0, logits.Length).Where(id => float.IsFinite(logits[id])).OrderByDescending(id => logits[id]).ThenBy(id => id);

    private static float[] Make(int size, double spread, bool tied, int seed)
    {
        var random = new Random(seed);
        var logits = new float[size];
        for (var i = 0; i < size; i++)
        {
            var value = (random.NextDouble() + random.NextDouble() - 1) * spread;
            logits[i] = i > 0 && random.Next(50) == 0 ? float.NegativeInfinity : (float)(tied ? Math.Round(value, 1) : value);
        }

        return logits;
    }
}
