using FsCheck;
using FsCheck.Fluent;
using WisePanda.Generation;

namespace WisePanda.Tests.Generation;

public sealed class ErosionTests
{
    public static TheoryData<IErosion> Laws => [new PublishedCorrosion(0.02f, 200), new PublishedCorrosion(0.5f, 3), new CurvatureFlow(10), new Chipping(50, 12)];

    [Theory]
    [MemberData(nameof(Laws))]
    public void Wear_AnyLine_NeverAddsMaterial(IErosion law) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var before = Line(seed);
            var after = (float[])before.Clone();
            law.Wear(new Random(seed), after);
            return before.Zip(after).All(both => both.Second <= both.First + 1e-4f) && after.Min() >= before.Min() - 1e-3f;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Wear_OneEpochOfPublishedCorrosion_IsTheFormula()
    {
        var before = Line(7);
        var after = (float[])before.Clone();
        new PublishedCorrosion(0.1f, 1).Wear(new Random(0), after);

        for (var i = 1; i < before.Length - 1; i++)
            Assert.Equal(before[i] - 0.1f * (Math.Max(0, before[i] - before[i - 1]) + Math.Max(0, before[i] - before[i + 1])), after[i], 1e-3f);
    }

    [Fact]
    public void Wear_CurvatureFlow_RoundsCornersAndLeavesHollows()
    {
        float[] line = [0, 0, 0, 9, 0, 0, 0, -9, 0, 0, 0];
        new CurvatureFlow(5).Wear(new Random(0), line);

        Assert.True(line[3] < 6);
        Assert.Equal(-9, line[7]);
    }

    private static float[] Line(int seed)
    {
        var random = new Random(seed);
        var height = 0f;
        return [.. Enumerable.Range(0, 60).Select(_ => height += (float)(random.NextDouble() - 0.5) * 10)];
    }
}
