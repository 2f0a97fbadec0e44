using PdDevice.Benchmarks.Speed;

namespace PdDevice.Tests.Benchmarks.Speed;

public sealed class CellRunTests
{
    [Fact]
    public void PrefillRate_OneStream_IsThePromptUntilTheFirstToken() =>
        Assert.Equal(2048, Run([250]).PrefillRate(512));

    [Fact]
    public void DecodeRate_OneStream_CountsWhatFollowsTheFirstToken() =>
        Assert.Equal(100, Run([500, 510, 520, 530]).DecodeRate(), 9);

    [Fact]
    public void DecodeRate_AStreamThatBeganEarlier_CountsOnlyWhatAllDid()
    {
        // The first stream made two tokens alone, then waited for the other's prefill; from 300 on both make one each 10 ms.
        var run = Run([100, 110, 310, 320, 330], [300, 310, 320, 330, 340]);
        Assert.Equal(200, run.DecodeRate(), 9);
    }

    [Fact]
    public void DecodeRate_TokensOfOneStepArriveALittleApart_CountsWholeSteps() =>
        Assert.Equal(4 * 2 / 0.0202, Run([100, 110.1, 120.1], [100, 110.2, 120.2], [99.9, 110, 120], [100, 110, 120.2]).DecodeRate(), 6);

    [Fact]
    public void DecodeRate_OneEndedBeforeTheOtherBegan_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => Run([1, 2, 3], [4, 5, 6]).DecodeRate());

    private static CellRun Run(params double[][] times) => new(times, []);
}
