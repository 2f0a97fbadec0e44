using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Links;

namespace PdDevice.Tests.Core.Links;

/// <summary>Traces of a link's capacity, and what is none.</summary>
public sealed class CapacityTraceTests
{
    [Theory]
    [InlineData("0\n0\n10", 10, 3600, 10)]
    [InlineData("7\n7 \n40", 40, 900, 33)]
    [InlineData("831\n1000", 1000, 24, 831)]
    public void Parse_Capacity_GivesLengthMeanAndLongestSilence(string text, int ms, double kilobits, int silence)
    {
        var trace = CapacityTrace.Parse("link.up", text.Split('\n'));
        Assert.Equal(TimeSpan.FromMilliseconds(ms), trace.Length);
        Assert.Equal(1000 * kilobits, trace.BitsPerSecond, 6);
        Assert.Equal(TimeSpan.FromMilliseconds(silence), trace.LongestSilence);
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("0\n0", "lasts no time")]
    [InlineData("1\n\n2", "line 2")]
    [InlineData("1\n2.5", "line 2, '2.5'")]
    [InlineData("1\n-2", "'-2'")]
    [InlineData("1\n99999999999", "'99999999999'")]
    [InlineData("5\n4", "line 2 goes back in time, from 5 to 4 ms")]
    [InlineData("<html>\u0007", "'<html>?'")]
    public void Parse_NoCapacity_OneLineThatNamesFileAndLine(string text, string expected) =>
        Assert.Matches($"^bad\\.up .*{System.Text.RegularExpressions.Regex.Escape(expected)}[^\\n]*$", Error(text.Split('\n')));

    [Fact]
    public void Parse_NoLine_LastsNoTime() => Assert.Contains("lasts no time", Error([]));

    [Fact]
    public void Parse_LongLine_IsNotQuotedWhole() => Assert.InRange(Error([new string('x', 100_000)]).Length, 50, 300);

    /// <summary>Some of these last weeks: the table by which opportunities are looked up then has an entry for many ms.</summary>
    [Fact]
    public void FirstFrom_AnyTrace_IsTheFirstThatDoesNotComeBefore() =>
        Prop.ForAll(Gen.Elements(0, 1, 7, 900, 3_000_000, 80_000_000).NonEmptyListOf().Resize(20).ToArbitrary(), Gen.Choose(0, 25_000).ToArbitrary(), (gaps, share) =>
        {
            var instants = new List<int>();
            foreach (var gap in gaps) instants.Add((instants.Count == 0 ? 0 : instants[^1]) + gap);
            if (instants[^1] == 0) return;
            var trace = CapacityTrace.Parse("link", [.. instants.Select(ms => $"{ms}")]);
            Around(trace, trace.Length * (share / 10_000.0));
            foreach (var instant in instants)
                for (var off = -1; off <= 1; off++) Around(trace, trace.Length + TimeSpan.FromMilliseconds(instant) + TimeSpan.FromTicks(off));
        }).QuickCheckThrowOnFailure();

    private static void Around(CapacityTrace trace, TimeSpan at)
    {
        var first = trace.FirstFrom(at);
        Assert.True(trace.At(first) >= at, $"{first} comes at {trace.At(first)}, before {at}");
        if (first > 0) Assert.True(trace.At(first - 1) < at, $"the one before {first} comes at {trace.At(first - 1)}, not before {at}");
    }

    private static string Error(string[] lines) => Assert.Throws<FormatException>(() => CapacityTrace.Parse("bad.up", lines)).Message;
}
