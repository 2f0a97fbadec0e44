using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Pacing;
using PdDevice.Simulation.Devices;

namespace PdDevice.Simulation.Tests.Devices;

public sealed class DisplayTests
{
    private static readonly Arbitrary<(int Wait, int Step, int Count)[]> Runs =
        (from wait in Gen.Frequency((3, Gen.Choose(0, 50)), (1, Gen.Choose(0, 3000)))
         from step in Gen.Frequency((2, Gen.Choose(0, 40)), (1, Gen.Choose(0, 400)))
         from count in Gen.Choose(1, 60)
         select (wait, step, count)).ArrayOf().Resize(12).ToArbitrary();

    [Fact]
    public void Arrive_AnyRunsOfTokens_ShowsThemAsCoresSpeedControllerDoes() =>
        Prop.ForAll(Runs, Gen.Choose(0, 120).ToArbitrary(), (runs, period) =>
        {
            var arrivals = new List<long>();
            var display = new Display(period);
            var gaps = new Gaps();
            long at = 0;
            foreach (var (wait, step, count) in runs)
            {
                at += wait;
                display.Arrive(at, step, count, gaps);
                for (var i = 0; i < count; i++) arrivals.Add(at + ((long)i * step));
                at = arrivals[^1];
            }

            var (shown, due) = ByTheController(arrivals, period);
            Assert.Equal(arrivals.Count, display.Shown);
            if (shown.Count == 0) return;
            Assert.Equal(shown[0], display.First);
            Assert.Equal(shown[^1], display.Last);
            var expected = shown.Zip(shown.Skip(1), (a, b) => b - a).ToArray();
            Assert.Equal(expected.DefaultIfEmpty(0).Max(), display.LargestGap);
            Assert.Equal(expected.GroupBy(gap => gap).OrderBy(g => g.Key).Select(g => (g.Key, (long)g.Count())), gaps.Counts.OrderBy(g => g.Key).Select(g => (g.Key, g.Value)));
            Assert.Equal(due, display.ExhaustedAt);
        }).QuickCheckThrowOnFailure();

    // Looks at the controller whenever a token comes or is due, as the live loop does.
    private static (List<long> Shown, long Due) ByTheController(List<long> arrivals, long period)
    {
        var controller = new SpeedController(TimeSpan.FromTicks(period));
        var shown = new List<long>();
        var next = 0;
        while (next < arrivals.Count || controller.Waiting > 0)
        {
            var due = controller.NextDue is { } at ? Math.Max(at.Ticks, shown.Count > 0 ? shown[^1] : 0) : long.MaxValue;
            var now = next < arrivals.Count ? Math.Min(arrivals[next], due) : due;
            while (next < arrivals.Count && arrivals[next] <= now)
            {
                controller.Commit();
                next++;
            }

            while (controller.TryShow(TimeSpan.FromTicks(now))) shown.Add(now);
        }

        return (shown, shown.Count == 0 ? 0 : controller.ExhaustedAt(TimeSpan.Zero).Ticks);
    }

    private sealed class Gaps : IGapSink
    {
        public Dictionary<long, long> Counts { get; } = [];

        public void Add(long gap, long count) => Counts[gap] = Counts.GetValueOrDefault(gap) + count;
    }
}
