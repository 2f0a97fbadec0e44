using WisePanda.Generation;

namespace WisePanda.Tests.Generation;

public sealed class FractureTests
{
    [Fact]
    public void Draw_PublishedCrack_TurnsAsItsDensitySays()
    {
        // From the heights the direction follows, tan(theta) = L dy, and the turns from one direction to the next must have the law's density.
        const float length = 3;
        var heights = new float[200_000];
        new PublishedFracture(length).Draw(new Random(1), heights);
        var directions = heights.Zip(heights.Skip(1), (left, right) => Math.Atan((right - left) * length)).ToArray();
        var seen = new double[20];
        var expected = new double[20];
        foreach (var (from, to) in directions.Zip(directions.Skip(1)))
        {
            if (Math.Abs(from - 0.8) > 0.1) continue;
            seen[(int)((to / Math.PI + 0.5) * 19.999)]++;
        }
        for (var bin = 0; bin < 20; bin++)
        {
            var to = ((bin + 0.5) / 20 - 0.5) * Math.PI;
            expected[bin] = Math.Cos((to - 0.8) / 2) * Math.Sqrt(Math.Cos(to));
        }

        var (count, mass) = (seen.Sum(), expected.Sum());
        Assert.True(count > 5_000);
        for (var bin = 0; bin < 20; bin++) Assert.InRange(seen[bin] / count, expected[bin] / mass - 0.012, expected[bin] / mass + 0.012);
    }

    [Fact]
    public void Draw_WeibullOfSmallModulus_BreaksRougher()
    {
        Assert.True(Roughness(new WeibullBundle(1, 2)) > 2 * Roughness(new WeibullBundle(6, 2)));
    }

    [Fact]
    public void Draw_WalkWithMemory_KeepsItsSlope()
    {
        Assert.True(SlopeCorrelation(new AutoregressiveWalk(0.95f, 1, 5)) > 0.8);
        Assert.InRange(SlopeCorrelation(new AutoregressiveWalk(0, 1, 5)), -0.1, 0.1);
    }

    [Fact]
    public void Draw_Splits_MakeStepsAsHighAsTold()
    {
        var heights = new float[100];
        var largest = Enumerable.Range(0, 200).Select(seed =>
        {
            new SplitFracture(new AutoregressiveWalk(0, 1, 5), 1, 1).Draw(new Random(seed), heights);
            return heights.Zip(heights.Skip(1), (left, right) => Math.Abs(right - left)).Max();
        }).ToList();
        Assert.InRange(largest.Count(step => step > 8), 60, 160); // about exp(-1) have no split, some splits are low
    }

    public static TheoryData<IFracture> Laws => [new PublishedFracture(3), new WeibullBundle(3, 2), new AutoregressiveWalk(0.5f, 1, 2), new SplitFracture(new PublishedFracture(10), 1, 0.5)];

    [Theory]
    [MemberData(nameof(Laws))]
    public void Draw_SameSeed_GivesTheSameBreak(IFracture law)
    {
        var (one, same, other) = (new float[80], new float[80], new float[80]);
        law.Draw(new Random(4), one);
        law.Draw(new Random(4), same);
        law.Draw(new Random(5), other);

        Assert.Equal(one, same);
        Assert.NotEqual(one, other);
        Assert.All(one, height => Assert.True(float.IsFinite(height)));
    }

    private static double Roughness(WeibullBundle law)
    {
        var heights = new float[5_000];
        law.Draw(new Random(2), heights);
        return heights.Zip(heights.Skip(1), (left, right) => Math.Abs(right - left)).Average();
    }

    private static double SlopeCorrelation(AutoregressiveWalk law)
    {
        var heights = new float[20_000];
        law.Draw(new Random(3), heights);
        var slopes = heights.Zip(heights.Skip(1), (left, right) => (double)right - left).ToArray();
        return MathNet.Numerics.Statistics.Correlation.Pearson(slopes[..^1], slopes[1..]);
    }
}
