using PdDevice.Benchmarks.Serving;

namespace PdDevice.Tests.Benchmarks.Serving;

public sealed class TableReportTests
{
    private static readonly TableReport Report = new("capture", "here", ["model", "ms"], [["small, alone", "1"]], ["Medians of 7."]);

    [Fact]
    public void With_RowsOfOtherModels_StayAndThoseMeasuredAgainAreReplaced()
    {
        var both = Report.With(Report with { Rows = [["small, alone", "9"], ["small-2, alone", "2"]] }, ["small"]);
        Assert.Equal([["small, alone", "1"], ["small-2, alone", "2"]], both.Rows);
    }

    [Fact]
    public void With_TakenElsewhereOrOtherwise_NoneStays()
    {
        var earlier = Report with { Rows = [["other, alone", "2"]] };
        Assert.All(
            [earlier with { Machine = "there" }, earlier with { Notes = ["Medians of 3."] }, earlier with { Heads = ["model", "s"] }],
            another => Assert.Equal(Report.Rows, Report.With(another, ["small"]).Rows));
    }
}
