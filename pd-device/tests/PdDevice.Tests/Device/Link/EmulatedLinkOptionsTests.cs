using FsCheck;
using FsCheck.Fluent;
using PdDevice.Device.Link;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Device.Link;

public sealed class EmulatedLinkOptionsTests
{
    [Fact]
    public void TryParse_WhatToStringGives_IsTheSame() =>
        Prop.ForAll(
            Gen.Choose(0, 100_000_000).ToArbitrary(), Rates.ToArbitrary(), Rates.ToArbitrary(),
            (ticks, up, down) =>
            {
                var link = new EmulatedLinkOptions { RoundTrip = TimeSpan.FromTicks(ticks), UpBitsPerSecond = up, DownBitsPerSecond = down };
                Assert.True(EmulatedLinkOptions.TryParse(link.ToString(), out var parsed, out var error), error);
                Assert.Equal(link, parsed);
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("rtt=40ms,up=5mbit,down=20mbit", 40_000, 5_000_000, 20_000_000)]
    [InlineData(" RTT = 1.5s , down=0.5Gbit", 1_500_000, 0, 500_000_000)]
    [InlineData("up=64kbit,rtt=250us", 250, 64_000, 0)]
    [InlineData("up=9600bit,down=0", 0, 9600, 0)]
    public void TryParse_GoodForms_GivesTheirValues(string text, int microseconds, long up, long down)
    {
        Assert.True(EmulatedLinkOptions.TryParse(text, out var link, out var error), error);
        Assert.Equal((TimeSpan.FromMicroseconds(microseconds), up, down), (link.RoundTrip, link.UpBitsPerSecond, link.DownBitsPerSecond));
        Assert.True(link.Emulates);
    }

    [Theory]
    [InlineData("", "name=value")]
    [InlineData(null, "name=value")]
    [InlineData("rtt", "'rtt'")]
    [InlineData("rtt=40", "'rtt=40'")]
    [InlineData("rtt=ms", "'rtt=ms'")]
    [InlineData("rtt=-1ms", "'rtt=-1ms'")]
    [InlineData("rtt=11s", "rtt must be")]
    [InlineData("up=5", "'up=5'")]
    [InlineData("up=0.0001kbit", "'up=0.0001kbit'")]
    [InlineData("up=5mbit,up=6mbit", "twice")]
    [InlineData("loss=1ms", "'loss=1ms'")]
    [InlineData("down=99999999999999999999999gbit", "down=")]
    [InlineData("down=2000gbit", "down must be")]
    [InlineData("rtt=1ms,from=90000s", "from must be")]
    [InlineData("rtt=1ms,seed=-1", "'seed=-1'")]
    [InlineData("rtt=1ms,seed=99999999999", "'seed=99999999999'")]
    public void TryParse_BadForms_SaysWhatIsWrong(string? text, string expected)
    {
        Assert.False(EmulatedLinkOptions.TryParse(text, out var link, out var error));
        Assert.Null(link);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_TraceFiles_AreReplayedAndPrintedAsGiven()
    {
        using var folder = new ScratchFolder();
        var (up, down) = (folder.Write("Drive.UP", "1\n2\n"), folder.Write("a=b.down", "5\n"));
        var pings = folder.Write("pings.csv", "PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS\n70,60,90,5,0");
        var text = $"rtt={pings},up={up},down={down},from=1500ms,seed=7";
        Assert.True(EmulatedLinkOptions.TryParse(text, out var link, out var error), error);
        Assert.Equal((up, down, pings), (link.UpTrace?.Path, link.DownTrace?.Path, link.RoundTrips?.Path));
        Assert.Equal((TimeSpan.FromSeconds(1.5), 7, text), (link.From, link.Seed, $"{link}"));
        Assert.True(link.Emulates);
        Assert.True(EmulatedLinkOptions.TryParse($"down={down}", out link, out error), error);
        Assert.Equal($"rtt=0ms,up=0,down={down},from=0ms,seed=0", $"{link}");
        Assert.True(link.Emulates);
    }

    [Fact]
    public void TryParse_FilesThatAreNoTraces_OneLineThatNamesThem()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("notes.txt", "hello\nworld\n");
        foreach (var (text, expected) in new[] { ($"up={file}", "line 1, 'hello'"), ($"rtt={file}", "PINGAVG"), ($"down={file}x", "no file is called so") })
        {
            Assert.False(EmulatedLinkOptions.TryParse(text, out _, out var error));
            Assert.Contains("notes.txt", error, StringComparison.Ordinal);
            Assert.Contains(expected, error, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error);
        }
    }

    private static Gen<long> Rates => Gen.Choose(0, 999).Zip(Gen.Elements(1L, 1000, 1_000_000, 1_000_000_000), (number, unit) => number * unit);
}
