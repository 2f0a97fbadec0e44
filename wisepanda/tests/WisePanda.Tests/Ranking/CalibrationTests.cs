using FsCheck;
using FsCheck.Fluent;
using WisePanda.Ranking;

namespace WisePanda.Tests.Ranking;

public sealed class CalibrationTests
{
    [Fact]
    public void Fit_DrawnFromAKnownLaw_FindsIt()
    {
        var law = new Calibration([-1, 0.8, 1.2, -0.5]);
        var random = new Random(1);
        var judged = Enumerable.Range(0, 4000).Select(_ =>
        {
            var (score, margin, candidates) = (random.NextDouble() * 8 - 4, random.NextDouble() * 6 - 3, random.Next(10, 500));
            return new Judged(score, margin, candidates, random.NextDouble() < law.Probability(score, margin, candidates));
        }).ToList();
        var fitted = Calibration.Fit(judged);

        foreach (var (score, margin, candidates) in new[] { (0.0, 0.0, 50), (3, 2, 100), (-2, -1, 20), (2, 0.5, 400) })
            Assert.Equal(law.Probability(score, margin, candidates), fitted.Probability(score, margin, candidates), 0.05);
    }

    [Fact]
    public void Of_AnyScores_IsTheMeanOfThePlacesOfTheTied() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            var scores = bytes.Select(value => (float)(value % 5)).OrderDescending().ToArray();
            var ranks = MidRank.OfSorted(scores);
            return scores.Select((score, index) => scores.Select((other, place) => (other, place)).Where(one => one.other == score).Average(one => one.place + 1.0)).SequenceEqual(ranks)
                && Enumerable.Range(0, scores.Length).All(index => MidRank.Of(scores[index], scores.Where((_, other) => other != index)) == ranks[index]);
        }).QuickCheckThrowOnFailure();
}
