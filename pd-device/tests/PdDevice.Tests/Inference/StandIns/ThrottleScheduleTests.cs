using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Inference.StandIns;

public sealed class ThrottleScheduleTests
{
    private static readonly Gen<(int Gap, int Percent)[]> Steps =
        Gen.Choose(1, 3000).Zip(Gen.Choose(5, 100)).ListOf().Select(list => list.ToArray());

    [Fact]
    public void Done_AnySchedule_TakesWhatTheSharesOfItsTimeAddUpTo() =>
        Prop.ForAll(Steps.ToArbitrary(), Gen.Choose(-20, 6000).ToArbitrary(), Gen.Choose(0, 4000).ToArbitrary(), (steps, start, work) =>
        {
            var at = -1;
            var throttle = new ThrottleSchedule([.. steps.Select(step => (Ms(at += step.Gap), step.Percent / 100.0))]);
            var done = throttle.Done(Ms(start), Ms(work));

            // Gone through one millisecond after the other.
            var (left, ms) = ((double)work, start);
            while (left > 1e-9)
            {
                var speed = 1.0;
                var from = -1;
                foreach (var (gap, percent) in steps)
                    if ((from += gap) <= ms) speed = percent / 100.0;
                if (left < speed) break;
                left -= speed;
                ms++;
            }

            Assert.InRange(done.TotalMilliseconds, ms - 1e-3, ms + (left > 1e-9 ? 1 : 0) + 1e-3);
            var half = throttle.Done(Ms(start), Ms(work / 2.0));
            Assert.Equal(done.TotalMilliseconds, throttle.Done(half, Ms(work / 2.0)).TotalMilliseconds, 0.01);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Throttle_InTheMiddle_CallsAfterItTakeLongerAndNoneIsLate() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), new EngineRates(100, 10), time);
        engine.Throttle(new ThrottleSchedule((Ms(250), 0.5), (Ms(600), 1)));
        var ends = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            var batch = new EngineBatch();
            batch.Add(new EngineRow(65, i, 0, RowKind.Decode, true)); // 100 ms at full speed
            await engine.ForwardAsync(batch, CancellationToken.None);
            ends.Add(time.Elapsed.TotalMilliseconds);
            if (i == 4) engine.Throttle(null);
        }

        Assert.Equal([100, 200, 350, 550, 675, 775], ends);
        Assert.Equal(0, engine.Report.LateSteps);
        Assert.Equal("0.5 of its speed from 0.25 s on, 1 of its speed from 0.6 s on", $"{new ThrottleSchedule((Ms(250), 0.5), (Ms(600), 1))}");
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1.1)]
    [InlineData(0, double.NaN)]
    [InlineData(-1, 0.5)]
    public void Constructor_NoShareOfTheSpeedOrInstant_Throws(int ms, double speed) =>
        Assert.Throws<ArgumentException>(() => new ThrottleSchedule((Ms(ms), speed)));

    [Fact]
    public void Constructor_InstantsThatDoNotRise_Throws() =>
        Assert.Throws<ArgumentException>(() => new ThrottleSchedule((Ms(5), 0.5), (Ms(5), 0.7)));

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
