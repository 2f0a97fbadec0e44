using PdDevice.Core.Links;

namespace PdDevice.Tests.Core.Links;

/// <summary>Files of measured round trips, and what are none.</summary>
public sealed class RoundTripTraceTests
{
    private const string Header = "Timestamp,PINGLOSS,PINGMAX,PINGMIN,State,PINGSTDEV,PINGAVG";

    [Fact]
    public void Parse_RoundTripsWithColumnsInAnyOrder_SkipsRowsWithoutPings()
    {
        var trace = Parse($"{Header}\nx,-,-,-,D,-,-\nx,0.0,73.5,65,D,3.0,68\n\nx,100.0,-,-,D,-,-\nx,,,,D,,");
        Assert.Equal([new Pings(68, 65, 73.5, 3, 0), new Pings(68, 65, 73.5, 3, 1)], trace.Rows); // once through again, as elsewhere
        Assert.Equal(TimeSpan.FromMilliseconds(73.5), trace.Longest);
    }

    [Theory]
    [InlineData("", "names no column PINGAVG, PINGMIN, PINGMAX, PINGSTDEV, PINGLOSS")]
    [InlineData("PINGAVG,PINGMIN,PINGMAX,PINGLOSS\n1,1,1,0", "names no column PINGSTDEV")]
    [InlineData(Header, "every row is empty")]
    [InlineData(Header + "\nx,-,-,-,D,-,-", "every row is empty")]
    [InlineData(Header + "\nx,100,-,-,D,-,-", "lost all its pings")]
    [InlineData(Header + "\nx,0,73,65,D,3", "line 2 has fewer columns")]
    [InlineData(Header + "\nx,0,73,65,D,3,x", "line 2 says 'x,65,73,3,0'; line 2 needs PINGAVG")]
    [InlineData(Header + "\nx,0,73,65,D,3,80", "line 2 needs")]
    [InlineData(Header + "\nx,0,73,65,D,-3,70", "line 2 needs")]
    [InlineData(Header + "\nx,101,73,65,D,3,70", "line 2 needs")]
    [InlineData(Header + "\nx,50,-,-,D,-,-", "line 2 needs")]
    [InlineData(Header + "\nx,0,60001,65,D,3,70", "line 2 needs")]
    public void Parse_NoRoundTrips_OneLineThatNamesFileAndLine(string text, string expected)
    {
        var message = Assert.Throws<FormatException>(() => Parse(text)).Message;
        Assert.StartsWith("bad.csv", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static RoundTripTrace Parse(string text) => RoundTripTrace.Parse("bad.csv", text.Length == 0 ? [] : text.Split('\n'));
}
