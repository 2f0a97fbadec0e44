using FsCheck;
using FsCheck.Fluent;
using PdDevice.Simulation.Measures;

namespace PdDevice.Simulation.Tests.Measures;

public sealed class OccupancySeriesTests
{
    [Fact]
    public void Add_AnySpans_KeepsTheSlotSecondsHoweverWideTheBinsGrow() =>
        Prop.ForAll((from begin in Gen.Choose(0, 5000) from length in Gen.Choose(0, 900) from slots in Gen.Choose(1, 5) select (begin, length, slots)).ArrayOf().ToArbitrary(), spans =>
        {
            var series = new OccupancySeries();
            foreach (var (begin, length, slots) in spans) series.Add(begin * TimeSpan.TicksPerSecond / 2, (begin + length) * TimeSpan.TicksPerSecond / 2, slots);
            var bins = series.Means(6000 * TimeSpan.TicksPerSecond).ToArray();
            var width = bins.Length > 1 ? bins[1].Second : 1;
            Assert.Equal(spans.Sum(span => span.length * span.slots / 2.0), bins.Sum(bin => bin.Slots * width), 1e-6);
            Assert.InRange(bins.Length, 1, 240);
        }).QuickCheckThrowOnFailure();
}
