using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;

namespace PdDevice.Tests.Core.Sampling;

public sealed class PositionSamplerTests
{
    private const int Vocabulary = 3000;

    private static readonly Gen<SamplingOptions> Options =
        from temperature in Gen.Elements(0, 0.01, 0.3, 1, 1.7, 10)
        from topK in Gen.Elements(0, 1, 2, 40, 1500, Vocabulary, 1_000_000)
        from topP in Gen.Elements(1e-9, 0.3133, 0.9011, 0.99903, 1)
        from minP in Gen.Elements(0, 0.0107, 0.51, 1)
        from repetition in Gen.Elements(1, 0.7, 1.3)
        from frequency in Gen.Elements(0, -0.5, 0.9)
        from presence in Gen.Elements(0, 1.1)
        from seed in Gen.Choose(0, int.MaxValue)
        from ignoreEnd in Gen.Elements(false, true)
        from minTokens in Gen.Elements(0, 1, 5, 1_000_000)
        select new SamplingOptions
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            MinP = minP,
            RepetitionPenalty = repetition,
            FrequencyPenalty = frequency,
            PresencePenalty = presence,
            Seed = (ulong)seed,
            IgnoreEndOfGeneration = ignoreEnd,
            MinTokens = minTokens,
        };

    /// <summary>Logits with a seed's spread, ties, some that are not finite, and outliers that squeeze the rest.</summary>
    private static float[] Logits(int seed)
    {
        var random = new Random(seed);
        var (spread, ties) = (Math.Pow(10, random.NextDouble() * 3 - 1), random.Next(3) == 0);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => random.Next(400) switch
        {
            0 => float.NaN,
            1 => float.NegativeInfinity,
            2 => float.PositiveInfinity,
            3 when seed % 4 == 0 => -1e30f,
            _ when ties => random.Next(-3, 4),
            _ => (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * spread),
        })];
    }

    [Fact]
    public void Sample_AnyOptionsAndLogits_DrawsWhatTheNaiveReferenceDraws() =>
        Prop.ForAll(Options.ToArbitrary(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), Gen.Choose(0, Vocabulary - 1).ListOf().ToArbitrary(), (options, seed, tokens) =>
        {
            int[] prompt = [.. tokens, 5, 6];
            int[] answer = [.. tokens.Take(3), 6, 6, 7];
            int[] end = [2, 0, 2999];
            var logits = Logits(seed);
            var sampler = new PositionSampler(options, prompt, end);
            foreach (var token in answer) sampler.Accept(token);
            for (var index = 0; index < 8; index++)
                Assert.Equal(ReferenceSampler.Sample(options, prompt, answer, end, logits, index), sampler.Sample(logits, index));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sample_RebuiltFromTheLedgerAtEveryIndex_EqualsIncremental() =>
        Prop.ForAll(Options.ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), (options, seed) =>
        {
            int[] prompt = [1, 2, 3, 3];
            var ledger = new List<int>();
            var incremental = new PositionSampler(options, prompt, [0]);
            for (var index = 0; index < 12; index++)
            {
                var logits = Logits(seed + index % 3);
                var rebuilt = new PositionSampler(options, prompt, [0]);
                foreach (var committed in ledger) rebuilt.Accept(committed);
                var token = incremental.Sample(logits, index);
                Assert.Equal(token, rebuilt.Sample(logits, index));
                incremental.Accept(token);
                ledger.Add(token);
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    public void Sample_OverManyIndexes_FollowsSoftmax(double temperature)
    {
        float[] logits = [1.2f, -0.3f, 0f, 2.1f, float.NaN, 0.7f, -1.5f, 1.9f];
        const int Draws = 60_000;
        var sampler = new PositionSampler(new SamplingOptions { Temperature = temperature, Seed = 42 }, [], []);
        var counts = new int[logits.Length];
        for (var index = 0; index < Draws; index++) counts[sampler.Sample(logits, index)]++;

        var weights = logits.Select(x => float.IsNaN(x) ? 0 : Math.Exp(x / temperature)).ToArray();
        var chiSquare = 0.0;
        for (var id = 0; id < logits.Length; id++)
        {
            var expected = Draws * weights[id] / weights.Sum();
            if (expected == 0) Assert.Equal(0, counts[id]);
            else chiSquare += (counts[id] - expected) * (counts[id] - expected) / expected;
        }

        Assert.InRange(chiSquare, 0, 22.5); // 6 degrees of freedom: p = 0.001
    }

    [Theory]
    [InlineData(new[] { 1f, 3f, 3f, 2f }, 1)]
    [InlineData(new[] { -0f, 0f, -1f }, 0)]
    [InlineData(new[] { float.NaN, float.PositiveInfinity, -5f, -5f }, 2)]
    [InlineData(new[] { float.NegativeInfinity, float.MinValue }, 1)]
    public void Sample_Greedy_TakesTheLowestIdOfTheBestFinite(float[] logits, int expected)
    {
        Assert.Equal(expected, new PositionSampler(SamplingOptions.Greedy, [], []).Sample(logits, 0));
        Assert.Equal(expected, new PositionSampler(new SamplingOptions { PresencePenalty = 1 }, [], []).Sample(logits, 0));
    }

    [Fact]
    public void Sample_IgnoreEndOfGeneration_NeverDrawsThoseIds()
    {
        float[] logits = [9, 1, 9, 2, 9];
        foreach (var temperature in new[] { 0, 1.0 })
        {
            var sampler = new PositionSampler(new SamplingOptions { Temperature = temperature, IgnoreEndOfGeneration = true }, [], [4, 0, 2, 0, 77]);
            for (var index = 0; index < 200; index++) Assert.Contains(sampler.Sample(logits, index), new[] { 1, 3 });
            Assert.Throws<InvalidOperationException>(() => sampler.Sample([9, float.NaN, 9, float.NegativeInfinity, 9], 0));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.0)]
    public void Sample_MinTokens_HoldsBackTheEndBelowThatIndexOnly(double temperature)
    {
        float[] logits = [90, 1, 2];
        var sampler = new PositionSampler(new SamplingOptions { Temperature = temperature, MinTokens = 3 }, [], [0]);
        for (var index = 0; index < 3; index++) Assert.NotEqual(0, sampler.Sample(logits, index));
        Assert.Equal(0, sampler.Sample(logits, 3));
        Assert.Throws<InvalidOperationException>(() => sampler.Sample([9, float.NaN], 2));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1_000_000, null)]
    [InlineData(-1, "minTokens")]
    [InlineData(1_000_001, "minTokens")]
    public void Validate_MinTokens_NamesItOutOfRange(int minTokens, string? named)
    {
        var problem = new SamplingOptions { MinTokens = minTokens }.Validate();
        if (named is null) Assert.Null(problem);
        else Assert.Contains(named, problem);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void Sample_NothingFinite_Throws(double temperature)
    {
        var sampler = new PositionSampler(new SamplingOptions { Temperature = temperature, TopP = 0.5, TopK = 3 }, [], []);
        Assert.Throws<InvalidOperationException>(() => sampler.Sample([float.NaN, float.NegativeInfinity, float.PositiveInfinity], 0));
        Assert.Throws<InvalidOperationException>(() => sampler.Sample([], 0));
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0.8, 1, 0)]
    [InlineData(0.8, 0.95, 0)]
    [InlineData(0.8, 0.95, 40)]
    public void Sample_LargeVocabularyAgain_AllocatesNothing(double temperature, double topP, int topK)
    {
        var random = new Random(1);
        var logits = Enumerable.Range(0, 150_000).Select(_ => (float)(random.NextDouble() * 30 - 20)).ToArray();
        var options = new SamplingOptions { Temperature = temperature, TopP = topP, TopK = topK, IgnoreEndOfGeneration = true };
        var sampler = new PositionSampler(options, [], [5, 17]);
        for (var index = 0; index < 3; index++) sampler.Sample(logits, index);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 3; index++) sampler.Sample(logits, index);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
