using WisePanda.Edges;
using WisePanda.Generation;

namespace WisePanda.Tests.Generation;

public sealed class AugmentationTests
{
    private const int Cases = 200;

    [Fact]
    public void Apply_AnyPair_IsFiniteWholePixelsAndOfTheSameFragments()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var pair = Tier.Same.Generator().Draw(random, "x");
            // Far beyond what training uses.
            var augmented = new Augmentation(Depth: random.NextDouble() * 2, Warp: random.NextDouble() * 20).Apply(random, pair);

            foreach (var edge in new[] { augmented.Top, augmented.Bottom })
            {
                Assert.Equal(Edge.Width, edge.Heights.Length);
                Assert.All(edge.Heights.ToArray(), height => Assert.Equal(MathF.Round(height), height));
            }
            Assert.Equal((pair.Top.Fragment, EdgeEnd.Top, pair.Bottom.Fragment, EdgeEnd.Bottom), (augmented.Top.Fragment, augmented.Top.End, augmented.Bottom.Fragment, augmented.Bottom.End));
        }
    }

    [Fact]
    public void Apply_PairThatDoesNotPenetrate_StillDoesNot()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var augmented = new Augmentation(Warp: 3).Apply(random, Touching(random));

            Assert.All(augmented.Top.Heights.ToArray().Zip(augmented.Bottom.Heights.ToArray()), sides => Assert.True(sides.First <= sides.Second));
        }
    }

    [Fact]
    public void Apply_NoWarp_TakesAboutTheDepthOffEachSide()
    {
        var lost = Enumerable.Range(0, Cases).Average(seed =>
        {
            var random = new Random(seed);
            var pair = Touching(random);
            var augmented = new Augmentation(Depth: 0.3, Warp: 0, Quantum: 0.01f).Apply(random, pair);
            return Mean(pair.Top) - Mean(augmented.Top) + Mean(augmented.Bottom) - Mean(pair.Bottom);
        });

        var depth = Enumerable.Range(0, Cases).Select(seed => Touching(new Random(seed))).Average(pair => 0.3 * (Math.Max(Range(pair.Top), Range(pair.Bottom)) + 2));
        Assert.Equal(2 * depth, lost, 0.1 * depth);
    }

    [Fact]
    public void Apply_NoDepth_OnlyMovesHeightsSideways()
    {
        var ramp = new Edge("x", EdgeEnd.Top, Enumerable.Range(0, Edge.Width).Select(column => 10f * column).ToArray());
        var augmented = new Augmentation(Depth: 0, Warp: 20, Quantum: 0.001f).Apply(new Random(1), new EdgePair(ramp, new Edge("y", EdgeEnd.Bottom, ramp.Heights)));
        var heights = augmented.Top.Heights.ToArray();

        Assert.NotEqual(ramp.Heights.ToArray(), heights);
        Assert.Equal(heights, augmented.Bottom.Heights.ToArray());
        Assert.All(heights.Zip(heights.Skip(1)), step => Assert.True(step.First <= step.Second)); // the warp never folds
        Assert.All(heights.Zip(ramp.Heights.ToArray()), both => Assert.InRange(both.First - both.Second, -30.01f, 30.01f)); // three columns at most
    }

    [Fact]
    public void Apply_SameSeed_GivesTheSamePair()
    {
        var pair = Touching(new Random(3));

        Assert.Equal(new Augmentation().Apply(new Random(4), pair).Top.Heights.ToArray(), new Augmentation().Apply(new Random(4), pair).Top.Heights.ToArray());
        Assert.NotEqual(new Augmentation().Apply(new Random(4), pair).Top.Heights.ToArray(), new Augmentation().Apply(new Random(5), pair).Top.Heights.ToArray());
    }

    // A rough break whose sides touch in many columns and are a whole number of pixels apart in the others.
    private static EdgePair Touching(Random random)
    {
        var height = 0;
        var line = Enumerable.Range(0, Edge.Width).Select(_ => (float)(height += random.Next(-3, 4))).ToArray();
        return new EdgePair(new Edge("below", EdgeEnd.Top, line), new Edge("above", EdgeEnd.Bottom, line.Select(at => at + (random.Next(2) * random.Next(5))).ToArray()));
    }

    private static double Mean(Edge edge) => edge.Heights.ToArray().Average();

    private static double Range(Edge edge) => edge.Heights.ToArray().Max() - edge.Heights.ToArray().Min();
}
