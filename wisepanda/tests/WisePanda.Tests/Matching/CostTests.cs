using FsCheck;
using FsCheck.Fluent;
using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Tests.Matching;

public sealed class CostTests
{
    public static TheoryData<IMatchCost> All => [new RawL2(), new CentredL2(), new PearsonCost(), new FrechetCost(), new ShiftedL1(), new ContactCost(), new GradientCost(), new CentredWarp(), new CauchyWarp()];

    [Theory]
    [MemberData(nameof(All))]
    public void Between_AnEdgeAndItself_IsNothing(IMatchCost cost) =>
        Assert.Equal(0, cost.Between(new PreparedEdge(Samples.Walk(1)), new PreparedEdge(Samples.Walk(1, EdgeEnd.Bottom))), 1e-3f);

    [Theory]
    [MemberData(nameof(All))]
    public void Between_OffsetChanged_CountsOnlyWhereDeclared(IMatchCost cost) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<short>(), (seed, offset) =>
        {
            var (top, bottom) = (Samples.Walk(seed), Samples.Walk(seed + 1, EdgeEnd.Bottom));
            var moved = Samples.Edge(column => top.Heights.Span[column] + offset);
            var (before, after) = (Between(cost, top, bottom), Between(cost, moved, bottom));
            return cost.KeepsOffset ? offset == 0 || before != after : Math.Abs(before - after) < 2e-2f * (1 + before);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(All))]
    public void Between_MirroredOrTurnedUpsideDown_IsTheSame(IMatchCost cost) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (top, bottom) = (Samples.Walk(seed), Samples.Walk(seed + 1, EdgeEnd.Bottom));
            var before = Between(cost, top, bottom);
            var mirrored = Between(cost, Background.Mirrored(top), Background.Mirrored(bottom));
            var turned = Between(cost, Background.UpsideDown(bottom), Background.UpsideDown(top));
            return Math.Abs(before - mirrored) < 0.01f * (1 + before) && Math.Abs(before - turned) < 0.01f * (1 + before);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Between_ShiftedByThreeColumns_ShiftedCostsFindIt()
    {
        var line = Samples.Walk(3).Heights.ToArray();
        var (top, bottom) = (Samples.Prepared(column => line[Math.Min(63, column + 3)]), Samples.Prepared(column => line[column], EdgeEnd.Bottom));

        Assert.True(new ShiftedL1().Between(top, bottom) < 0.2 * new CentredL2().Between(top, bottom));
        Assert.Equal(0, new ContactCost().Between(top, bottom), 1e-3f);
    }

    [Theory]
    [MemberData(nameof(Weighted))]
    public void Between_GapOrPenetration_GapWeighsHalf(IMatchCost cost)
    {
        // A block of ten columns, lower or higher by 5 on the top edge.
        float Block(double height) => cost.Between(Samples.Prepared(column => column is >= 20 and < 30 ? height : 0), Samples.Prepared(_ => 0, EdgeEnd.Bottom));

        Assert.True(Block(5) > 0);
        Assert.Equal(0.5f * Block(5), Block(-5), 0.02f * Block(5));
    }

    public static TheoryData<IMatchCost> Weighted => [new ContactCost()];

    [Fact]
    public void Between_MostColumnsLost_ContactStillFindsTheFit()
    {
        // Forty of the columns have lost 20 pixels: the median lies in the loss, the touching columns are the rest.
        var line = Samples.Walk(5).Heights.ToArray();
        var (whole, lost) = (Samples.Prepared(column => line[column], EdgeEnd.Bottom), Samples.Prepared(column => line[column] - (column < 40 ? 20 : 0)));

        Assert.Equal(40 / 64f * 0.5f * MathF.Log(401), new ContactCost().Between(lost, whole), 0.05f);
    }

    [Fact]
    public void Cost_BandedWarp_IsTheTextbookWarp()
    {
        var (top, bottom) = (new PreparedEdge(Samples.Walk(8)), new PreparedEdge(Samples.Walk(9, EdgeEnd.Bottom)));
        var table = new double[65, 65];
        for (var i = 0; i <= 64; i++)
            for (var j = 0; j <= 64; j++)
                table[i, j] = (i, j) switch
                {
                    (0, 0) => 0,
                    (0, _) or (_, 0) => double.PositiveInfinity,
                    _ when Math.Abs(i - j) > 6 => double.PositiveInfinity,
                    _ => Math.Abs(top.MedianCentred[i - 1] - bottom.MedianCentred[j - 1]) + Math.Min(table[i - 1, j - 1], Math.Min(table[i - 1, j], table[i, j - 1])),
                };

        Assert.Equal(table[64, 64] / 64, new CentredWarp(6).Between(top, bottom), 1e-3);
    }

    [Fact]
    public void Between_LevelEdge_PearsonKnowsNothing() =>
        Assert.Equal(1, new PearsonCost().Between(Samples.Prepared(_ => 4), new PreparedEdge(Samples.Walk(2, EdgeEnd.Bottom))));

    [Fact]
    public void Write_Features_AreTheLogarithmsOfTheCosts()
    {
        var (top, bottom) = (new PreparedEdge(Samples.Walk(11)), new PreparedEdge(Samples.Walk(12, EdgeEnd.Bottom)));
        var features = new float[PairFeatures.Count];
        PairFeatures.Write(top, bottom, features);

        Assert.Equal(MathF.Log(new ContactCost().Between(top, bottom) + 0.02f), features[0], 1e-4f);
        Assert.Equal(MathF.Log(new ShiftedL1().Between(top, bottom) + 0.1f), features[3], 1e-4f);
        Assert.Equal(MathF.Log(top.Range + 1), features[PairFeatures.Descriptors], 1e-4f);
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(0)]
    [InlineData(3)]
    public void Write_GapOfAShiftedMateWithALoss_IsZeroButForTheLoss(int shift)
    {
        var line = Samples.Walk(21).Heights.ToArray();
        float At(int column) => line[Math.Clamp(column, 0, Edge.Width - 1)];
        var bottom = Samples.Prepared(column => At(column + shift) + 40 + (column is >= 30 and < 34 ? 5 : 0), EdgeEnd.Bottom);
        var features = new float[PairFeatures.Count + PairFeatures.Gap];
        PairFeatures.Write(Samples.Prepared(column => At(column)), bottom, features);
        var gap = features[PairFeatures.Count..];

        // Material is missing there: the top lies five pixels below the bottom.
        Assert.Equal(4, gap.Count(height => Math.Abs(height + MathF.Log(6)) < 1e-4f));
        Assert.Equal(PairFeatures.Gap - 4, gap.Count(height => Math.Abs(height) < 1e-4f));
    }

    [Fact]
    public void Write_PairTurnedUpsideDown_HasTheSameGap()
    {
        var (top, bottom) = (Samples.Walk(11), Samples.Walk(12, EdgeEnd.Bottom));
        var (upright, turned) = (new float[PairFeatures.Count + PairFeatures.Gap], new float[PairFeatures.Count + PairFeatures.Gap]);
        PairFeatures.Write(new PreparedEdge(top), new PreparedEdge(bottom), upright);
        PairFeatures.Write(new PreparedEdge(Background.UpsideDown(bottom)), new PreparedEdge(Background.UpsideDown(top)), turned);

        Assert.All(upright[PairFeatures.Count..].Zip(turned[PairFeatures.Count..]), both => Assert.Equal(both.First, both.Second, 1e-3f));
    }

    [Fact]
    public void Write_Features_AllocatesNothing()
    {
        var (top, bottom) = (new PreparedEdge(Samples.Walk(11)), new PreparedEdge(Samples.Walk(12, EdgeEnd.Bottom)));
        var features = new float[PairFeatures.Count + PairFeatures.Gap];
        PairFeatures.Write(top, bottom, features);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) PairFeatures.Write(top, bottom, features);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 99);
    }

    private static float Between(IMatchCost cost, Edge top, Edge bottom) => cost.Between(new PreparedEdge(top), new PreparedEdge(bottom));
}
