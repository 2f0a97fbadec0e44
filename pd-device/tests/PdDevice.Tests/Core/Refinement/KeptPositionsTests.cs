using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

public sealed class KeptPositionsTests
{
    private static readonly Gen<double> Ratios = Gen.Elements(0.01, 0.1, 0.2, 0.35, 0.5, 0.7, 1);

    [Fact]
    public void Choose_AnyPromptAndScores_SortedDisjointInsideWithEveryProtectedPositionAndTheRatioWithinOneUnit() =>
        Prop.ForAll(Prompts.Any, Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), Ratios.ToArbitrary(), (pieces, seed, ratio) =>
        {
            var random = new Random(seed);
            var units = UnitMap.Of((UnitKind)random.Next(4), pieces);
            var spans = Spans(random, pieces.Length);
            var must = MustKeep.Of(pieces, spans);
            var scores = Scores(random, pieces.Length);
            var ranges = KeptPositions.Choose(scores, units, new KeepOptions(ratio), must);

            var kept = Positions(ranges);
            Assert.Equal(kept.Distinct().Order(), kept);
            Assert.All(kept, position => Assert.InRange(position, 0, pieces.Length - 1));
            Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
            var required = Positions(must);
            Assert.Subset(kept.ToHashSet(), required.ToHashSet());
            Assert.Subset(required.ToHashSet(), Positions(spans).ToHashSet());
            var target = ratio * pieces.Length;
            var largest = Enumerable.Range(0, units.Count).Max(u => units[u].Count);
            if (required.Length >= target) Assert.Equal(required, kept);
            else Assert.InRange(kept.Length, target - 1e-6, target + largest);

            // The same scores, the same ranges; and what a cloud sends of them a device takes.
            Assert.Equal(ranges, KeptPositions.Choose([.. scores], units, new KeepOptions(ratio), must));
            Assert.True(KeptRanges.TryRead(KeptRanges.Flatten(ranges), pieces.Length, must, (int)target, out var read, out _));
            Assert.Equal(kept, read!.From(0));
            Assert.Equal(kept.Length, read.Count);
            var from = random.Next(pieces.Length + 1);
            Assert.Equal(kept.Where(p => p >= from), read.From(from));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Choose_BestScores_AreKeptBeforeOthersAndWholeWordsWithThem()
    {
        var words = Enumerable.Range(0, 100).SelectMany(i => new[] { $" w{i}", "x" }).ToArray();
        var pieces = Prompts.Of(words);
        var scores = new float[200];
        foreach (var position in new[] { 51, 90, 120 }) scores[position] = 1;
        var kept = KeptPositions.Choose(scores, UnitMap.Of(UnitKind.Word, pieces), new KeepOptions((4 + 32 + 6) / 200.0), MustKeep.Of(pieces));
        Assert.Equal([new(0, 4), new(50, 2), new(90, 2), new(120, 2), new(168, 32)], kept);
    }

    [Fact]
    public void Choose_Mass_StopsWhenTheKeptHoldItAndNeverBeyondTheRatio()
    {
        var scores = new float[200];
        (scores[60], scores[70], scores[80]) = (6, 3, 1);
        TokenRange[] Keep(double mass, double ratio = 0.5) => KeptPositions.Choose(scores, UnitMap.Tokens(200), new KeepOptions(ratio, mass), []);
        Assert.Equal([new(0, 4), new(60, 1), new(168, 32)], Keep(0.6));
        Assert.Equal([new(0, 4), new(60, 1), new(70, 1), new(168, 32)], Keep(0.61));
        Assert.Equal([new(0, 4), new(60, 1), new(168, 32)], Keep(1, 37 / 200.0));
    }

    [Fact]
    public void MustKeep_ChatTemplate_ControlTokensAndTheRoleHeadersAroundThem()
    {
        var long_ = Enumerable.Repeat(" word", 50).ToArray();
        var pieces = Prompts.Of(["<s>", "system", "\n", .. long_, "<e>", "\n", "<s>", "user", "<h>", "\n\n", .. long_, "<i>", .. long_, "<e>", "\n", "<s>", "assistant", "\n"]);
        Assert.Equal([new(0, 4), new(53, 6), new(109, 1), new(133, 32)], MustKeep.Of(pieces));
    }

    [Fact]
    public void MustKeep_SpanOutsideThePrompt_IsRefused() =>
        Assert.All<TokenRange>([new(-1, 2), new(0, 0), new(3, 5), new(int.MaxValue, int.MaxValue)], span => Assert.Throws<ArgumentException>(() => MustKeep.Of(Prompts.Of("a", "b", "c"), [span])));

    private static TokenRange[] Spans(Random random, int length) =>
        [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(length)).Select(start => new TokenRange(start, 1 + random.Next(Math.Min(20, length - start))))];

    private static float[] Scores(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(20) switch
    {
        0 => float.NaN,
        1 => float.PositiveInfinity,
        2 => -1f,
        3 or 4 => 0.5f,
        _ => random.NextSingle(),
    })];

    private static int[] Positions(IEnumerable<TokenRange> ranges) => [.. ranges.SelectMany(range => Enumerable.Range(range.Start, range.Count))];
}
