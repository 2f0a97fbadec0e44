using FsCheck;
using FsCheck.Fluent;
using PdDevice.Simulation.Links;

namespace PdDevice.Simulation.Tests.Links;

public sealed class CapacityTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Carry_AnyTrace_DeliversWithTheFirstOpportunitiesFromThenOn() =>
        Prop.ForAll(Gen.Choose(0, 30).NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 900).ToArbitrary(), Gen.Choose(0, 20_000).ToArbitrary(), (steps, atTenths, bytes) =>
        {
            var ms = steps.Select((step, i) => steps.Take(i + 1).Sum()).ToArray();
            if (ms[^1] == 0) return;
            File.WriteAllLines(_file, ms.Select(m => $"{m}"));
            var at = atTenths * TimeSpan.TicksPerMillisecond / 10;

            // By hand: list the opportunities of enough repetitions, skip those before, count off one a packet.
            var all = Enumerable.Range(0, 10_000).SelectMany(cycle => ms.Select(m => (cycle * ms[^1]) + m)).Select(m => m * TimeSpan.TicksPerMillisecond);
            var expected = all.Where(o => o >= at).ElementAt(Math.Max(0, (bytes + 1499) / 1500 - 1));
            Assert.Equal(expected, Capacity.Read(_file).Carry(at, bytes));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", "lasts no time")]
    [InlineData("0\n0", "lasts no time")]
    [InlineData("1\nx", "line 2")]
    [InlineData("1\n-2", "line 2")]
    [InlineData("5\n4", "line 2 goes back in time, from 5 to 4 ms")]
    public void Read_NoSuchTrace_SaysWhichLine(string text, string says)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(says, Assert.Throws<FormatException>(() => Capacity.Read(_file)).Message);
    }

    [Fact]
    public void Parse_AsTheLiveEmulatorReadsIt_HasItsValues()
    {
        File.WriteAllText(_file, "0\n1\n1\n8\n");
        var link = LinkModel.Parse($"rtt=40ms,up=5mbit,down={_file},loss=1%,outage=60s/2s");
        Assert.Equal(5e6, link.Up.BitsPerSecond);
        Assert.Equal(4 * 1500 * 8 / 0.008, link.Down.BitsPerSecond, 1e-6);
        Assert.Equal(0.01, link.Loss, 1e-9);
        Assert.Equal(TimeSpan.FromSeconds(60).Ticks, link.OutageEvery);
        Assert.Equal($"rtt=40ms,up=5mbit,down={Path.GetFileName(_file)},loss=1%,outage=60s/2s", link.Name);
    }

    [Theory]
    [InlineData("rtt")]
    [InlineData("rtt=40")]
    [InlineData("up=fast")]
    [InlineData("loss=60%")]
    [InlineData("outage=2s/60s")]
    [InlineData("rtt=/no/such/file")]
    [InlineData("speed=5mbit")]
    public void Parse_NoLink_SaysHowOneReads(string text) =>
        Assert.Contains("a link reads like", Assert.Throws<FormatException>(() => LinkModel.Parse(text)).Message);
}
