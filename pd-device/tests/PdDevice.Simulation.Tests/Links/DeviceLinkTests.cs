using PdDevice.Simulation.Events;
using PdDevice.Simulation.Links;

namespace PdDevice.Simulation.Tests.Links;

public sealed class DeviceLinkTests : IDisposable
{
    private const string Header = "Timestamp,PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS\n";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Down_ConstantLink_IsSizeOverRateAndHalfARoundTrip()
    {
        var random = new SeededRandom(1);
        var link = LinkModel.Parse("rtt=40ms,up=8mbit,down=80mbit").Draw(ref random);
        Assert.Equal(Ms(100 + 1 + 20), link.Down(Ms(100), 10_000, ref random));
        Assert.Equal(Ms(100 + 10 + 20), link.Up(Ms(100), 10_000, ref random));
        Assert.True(link.EvenDown);
    }

    [Fact]
    public void Down_Outage_WaitsForItsEnd()
    {
        var random = new SeededRandom(2);
        var link = LinkModel.Parse("outage=10s/2s").Draw(ref random);
        var delays = Enumerable.Range(0, 1000).Select(i => link.Down(Ms(i * 10), 100, ref random) - Ms(i * 10)).ToArray();
        Assert.InRange(delays.Count(delay => delay > 0), 195, 205); // two seconds of ten
        Assert.InRange(delays.Max(), Ms(1980), Ms(2000));
    }

    [Fact]
    public void Down_Losses_ComeARetransmissionLater()
    {
        var random = new SeededRandom(3);
        var link = LinkModel.Parse("rtt=100ms,loss=10%").Draw(ref random);
        var delays = Enumerable.Range(0, 20_000).Select(_ => link.Down(0, 100, ref random)).ToArray();
        Assert.InRange(delays.Count(delay => delay > Ms(50)) / 20_000.0, 0.09, 0.11);
        Assert.All(delays, delay => Assert.Contains(delay, (long[])[Ms(50), Ms(350), Ms(950), Ms(2150), Ms(4550), Ms(9350), Ms(18950)])); // the timeout doubles
    }

    [Fact]
    public void Down_RowsOfPings_StayWithinThemAndAreThoseOfTheInstant()
    {
        File.WriteAllText(_file, Header + "a,-,-,-,-,-\nb,40,30,60,5,0\nc,200,150,300,20,0\n");
        var random = new SeededRandom(4);
        var link = LinkModel.Parse($"rtt={_file}").Draw(ref random);
        Assert.False(link.EvenDown);
        var seen = new HashSet<bool>();
        for (var second = 0; second < 500; second += 5)
        {
            var delays = Enumerable.Range(0, 5).Select(i => link.Down(Ms((second * 1000) + (i * 990)), 100, ref random) - Ms((second * 1000) + (i * 990))).ToArray();
            var slow = delays[0] >= Ms(75);
            seen.Add(slow);
            Assert.All(delays, delay => Assert.InRange(delay, slow ? Ms(75) : Ms(15), slow ? Ms(150) : Ms(30))); // one row for five seconds
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Down_OneRowOfPings_StillSpreadsAndLoses()
    {
        File.WriteAllText(_file, Header + "a,100,60,150,20,36\n"); // 20% each way
        var random = new SeededRandom(5);
        var link = LinkModel.Parse($"rtt={_file}").Draw(ref random);
        Assert.False(link.EvenDown);
        var delays = Enumerable.Range(0, 20_000).Select(_ => link.Down(0, 100, ref random)).ToArray();
        Assert.InRange(delays.Count(delay => delay > Ms(75)) / 20_000.0, 0.19, 0.21);
        Assert.True(delays.Distinct().Count() > 1000);
    }

    [Theory]
    [InlineData("PINGAVG,PINGMIN\n1,1\n", "names no column PINGMAX, PINGSTDEV, PINGLOSS")]
    [InlineData("", "names no column")]
    [InlineData(Header + "a,-,-,-,-,-\n", "holds no round trips")]
    [InlineData(Header + "a,-,-,-,-,100\n", "holds no round trips")]
    [InlineData(Header + "a,50,60,70,1,0\n", "line 2 needs")]
    [InlineData(Header + "a,NaN,1,70,1,0\n", "line 2 needs")]
    [InlineData(Header + "a,50\n", "line 2 has fewer columns")]
    public void Read_NoRoundTrips_SaysWhichLine(string text, string says)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(says, Assert.Throws<FormatException>(() => RoundTrips.Read(_file)).Message);
    }

    private static long Ms(double ms) => (long)(ms * TimeSpan.TicksPerMillisecond);
}
