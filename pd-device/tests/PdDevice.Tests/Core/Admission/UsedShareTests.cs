using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Core.Admission;

public sealed class UsedShareTests
{
    [Fact]
    public void Left_NothingSeen_IsAllThatMayCome() => Assert.Equal(90, new UsedShare().Left(100, 10));

    [Fact]
    public void Left_AnswersThatUseAQuarter_ExpectsAQuarter()
    {
        var share = new UsedShare();
        for (var i = 0; i < 100; i++) share.Observe(400, 100);
        Assert.InRange(share.Left(400, 0), 100, 102);
        Assert.InRange(share.Left(400, 60), 40, 42);
        Assert.Equal(1, share.Left(400, 399));
    }

    [Fact]
    public void Left_AnythingSeen_IsAtLeastOneAndNoMoreThanMayCome() =>
        Prop.ForAll(Gen.Choose(1, 1000).SelectMany(most => Gen.Choose(0, most), (most, made) => (most, made)).ListOf().ToArbitrary(), seen =>
        {
            var share = new UsedShare();
            foreach (var (most, made) in seen)
            {
                Assert.InRange(share.Left(most, made), Math.Min(1, most - made), most - made);
                share.Observe(most, made);
            }
        }).QuickCheckThrowOnFailure();
}
