using PdDevice.Device.Link;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Device.Link;

/// <summary>Files of the two shapes that traces have, and of others.</summary>
public sealed class TraceFileTests : IDisposable
{
    private const string Header = "Timestamp,PINGLOSS,PINGMAX,PINGMIN,State,PINGSTDEV,PINGAVG";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0\n0\n10\n", 10, 3600, 10)]
    [InlineData("7\r\n7\r\n40", 40, 900, 33)]
    [InlineData("831\n1000", 1000, 24, 831)]
    public void Read_CapacityOfAnySystem_GivesLengthMeanAndLongestSilence(string text, int ms, double kilobits, int silence)
    {
        var trace = CapacityTrace.Read(_folder.Write("link.up", text));
        Assert.Equal(TimeSpan.FromMilliseconds(ms), trace.Length);
        Assert.Equal(1000 * kilobits, trace.BitsPerSecond, 6);
        Assert.Equal(TimeSpan.FromMilliseconds(silence), trace.LongestSilence);
    }

    [Theory]
    [InlineData("", "lasts no time")]
    [InlineData("0\n0\n", "lasts no time")]
    [InlineData("1\n\n2\n", "line 2")]
    [InlineData("1\n2.5\n", "line 2, '2.5'")]
    [InlineData("1\n-2\n", "'-2'")]
    [InlineData("1\n99999999999\n", "'99999999999'")]
    [InlineData("5\n4\n", "line 2 goes back in time, from 5 to 4 ms")]
    [InlineData("<html>\u0007\n", "'<html>?'")]
    public void Read_NoCapacity_OneLineThatNamesFileAndLine(string text, string expected) =>
        AssertOneLine(() => CapacityTrace.Read(_folder.Write("bad.up", text)), "bad.up", expected);

    [Fact]
    public void Read_LongLine_IsNotQuotedWhole() =>
        Assert.InRange(Assert.Throws<FormatException>(() => CapacityTrace.Read(_folder.Write("bad.up", new string('x', 100_000)))).Message.Length, 50, 300);

    [Fact]
    public void Read_FileThatCannotBeRead_OneLineThatNamesIt()
    {
        AssertOneLine(() => CapacityTrace.Read(_folder.File("none")), "none", "FileNotFound");
        AssertOneLine(() => RoundTripTrace.Read(_folder.Path), _folder.Path, "cannot be read");
    }

    [Fact]
    public void Read_RoundTripsWithColumnsInAnyOrder_SkipsRowsWithoutPings()
    {
        var trace = RoundTripTrace.Read(_folder.Write("pings.csv", $"{Header}\nx,-,-,-,D,-,-\nx,0.0,73.5,65,D,3.0,68\n\nx,100.0,-,-,D,-,-\nx,,,,D,,\n"));
        Assert.Equal(TimeSpan.FromMilliseconds(73.5), trace.Longest);
    }

    [Theory]
    [InlineData("", "names no column PINGAVG, PINGMIN, PINGMAX, PINGSTDEV, PINGLOSS")]
    [InlineData("PINGAVG,PINGMIN,PINGMAX,PINGLOSS\n1,1,1,0", "names no column PINGSTDEV")]
    [InlineData(Header, "every row is empty")]
    [InlineData(Header + "\nx,-,-,-,D,-,-", "every row is empty")]
    [InlineData(Header + "\nx,100,-,-,D,-,-", "lost all its pings")]
    [InlineData(Header + "\nx,0,73,65,D,3", "line 2 has fewer columns")]
    [InlineData(Header + "\nx,0,73,65,D,3,x", "line 2 says 'x,65,73,3,0'")]
    [InlineData(Header + "\nx,0,73,65,D,3,80", "line 2")]
    [InlineData(Header + "\nx,0,73,65,D,-3,70", "line 2")]
    [InlineData(Header + "\nx,101,73,65,D,3,70", "line 2")]
    [InlineData(Header + "\nx,50,-,-,D,-,-", "line 2")]
    [InlineData(Header + "\nx,0,60001,65,D,3,70", "line 2")]
    public void Read_NoRoundTrips_OneLineThatNamesFileAndLine(string text, string expected) =>
        AssertOneLine(() => RoundTripTrace.Read(_folder.Write("bad.csv", text)), "bad.csv", expected);

    private static void AssertOneLine(Action read, string file, string expected)
    {
        var message = Assert.Throws<FormatException>(read).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
