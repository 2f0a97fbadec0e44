using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

public sealed class SelectorTests
{
    private const int Positions = 64;

    [Fact]
    public void Find_Names_AreThoseOfTheCommandLine()
    {
        Assert.Equal(["window", "early", "uniform", "recency", "random"], Selectors.All.Select(selector => selector.Name));
        Assert.All(Selectors.All, selector => Assert.Same(selector, Selectors.Find(selector.Name)));
        Assert.Null(Selectors.Find("best"));
    }

    [Fact]
    public void Score_Window_OneHeadOfOneLayerThatLooksSomewhereIsEnough()
    {
        // 3 captured layers of 6 with 2 heads each: all even but the last layer's second head, which looks at 40.
        var scores = AttentionSelector.Window.Score(new SelectorInput(UnitMap.Tokens(Positions), Attention((2, 1), 40)));
        Assert.Equal(40, Best(scores));
        Assert.True(scores[38] > scores[37] && scores[42] > scores[43] && scores[37] == scores[10]); // its neighbours with it
    }

    [Fact]
    public void Score_Early_OnlyLayersOfTheFirstHalfCount()
    {
        var input = new SelectorInput(UnitMap.Tokens(Positions), Attention((2, 1), 40));
        Assert.All(AttentionSelector.Early.Score(input), score => Assert.Equal(1f / Positions, score, 1e-6));
        Assert.Equal(40, Best(AttentionSelector.Early.Score(input with { Attention = Attention((0, 0), 40) })));
    }

    // Every so many-th layer counted back from the last, as engines capture them: any step below the number of layers reads an early one.
    [Fact]
    public void HasEarly_AnyModelAndStep_ExactlyWhereTheStepIsBelowTheLayersAndElseEarlyIsWindow()
    {
        var units = UnitMap.Tokens(8);
        for (var model = 2; model <= 33; model++)
            for (var step = 1; step <= 40; step++)
            {
                int[] layers = [.. Enumerable.Range(0, model).Where(layer => (model - 1 - layer) % step == 0)];
                var attention = new AttentionScores(8, layers, model, 1, 1, [.. Enumerable.Range(0, layers.Length * 8).Select(i => i / 8 == i % 8 ? 1f : 0)]);
                Assert.Equal(step < model, AttentionSelector.HasEarly(attention));
                var input = new SelectorInput(units, attention);
                if (step >= model) Assert.Equal(AttentionSelector.Window.Score(input), AttentionSelector.Early.Score(input));
            }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    public void Score_WeightsThatAreNone_SayNothing(float weight)
    {
        var none = new AttentionScores(Positions, [0], 1, 1, 1, [.. Enumerable.Repeat(weight, Positions)]);
        Assert.All(AttentionSelector.Window.Score(new SelectorInput(UnitMap.Tokens(Positions), none)), score => Assert.Equal(0, score));
    }

    [Fact]
    public void Score_NoAttention_IsRefusedByThoseThatNeedIt() =>
        Assert.All(Selectors.All.Where(selector => selector.NeedsAttention), selector =>
        {
            Assert.Throws<ArgumentException>(() => selector.Score(new SelectorInput(UnitMap.Tokens(Positions))));
            Assert.Throws<ArgumentException>(() => selector.Score(new SelectorInput(UnitMap.Tokens(Positions + 1), Attention((0, 0), 1))));
        });

    [Fact]
    public void Score_Baselines_SpreadEvenlyKeepTheEndAndDrawBySeed()
    {
        var units = UnitMap.Tokens(1000);
        var uniform = Keep(new UniformSelector(), units, 0);
        Assert.All(uniform.Zip(uniform.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 8)); // a quarter, less what is kept anyway
        Assert.Equal(Enumerable.Range(0, 4).Concat(Enumerable.Range(754, 246)), Keep(new RecencySelector(), units, 0));
        Assert.Equal(Keep(new RandomSelector(), units, 1), Keep(new RandomSelector(), units, 1));
        Assert.NotEqual(Keep(new RandomSelector(), units, 1), Keep(new RandomSelector(), units, 2));
        Assert.InRange(Keep(new RandomSelector(), units, 1).Count(p => p is >= 100 and < 500), 60, 125);

        static int[] Keep(ISelector selector, UnitMap units, ulong seed) =>
            [.. KeptPositions.Choose(selector.Score(new SelectorInput(units, Seed: seed)), units, new KeepOptions(0.25), []).SelectMany(r => Enumerable.Range(r.Start, r.Count))];
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());

    private static AttentionScores Attention((int Layer, int Head) looks, int at)
    {
        var values = new float[3 * 2 * Positions];
        Array.Fill(values, 1f / Positions);
        var row = values.AsSpan(((looks.Layer * 2) + looks.Head) * Positions, Positions);
        row.Clear();
        row[at] = 1;
        return new AttentionScores(Positions, [1, 3, 5], 6, 2, 16, values);
    }
}
