using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Ledger;

namespace PdDevice.Tests.Core.Ledger;

public sealed class StopMatcherTests
{
    // Few letters and short sequences, so that they begin often, end sometimes, and overlap each other and themselves.
    private static readonly Gen<string> Text = Gen.Elements('a', 'a', 'a', 'b', 'c').ArrayOf().Select(letters => new string(letters));

    private static readonly Gen<string> Stop = Text.Resize(6).Where(stop => stop.Length > 0);

    private static readonly Arbitrary<(string[] Stops, string[] Pieces)> Cases =
        (from stops in Stop.ListOf()
         from pieces in Text.Resize(8).ArrayOf()
         select (stops.Take(3).ToArray(), pieces)).ToArbitrary();

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Append_BeginningOfAStop_IsHeldBackUntilItCannotBecomeOne()
    {
        var matcher = new StopMatcher(["END", "\n\n"]);
        Assert.Equal("one", matcher.Append("oneE"));
        Assert.Equal("", matcher.Append("N"));
        Assert.Equal("ENE two", matcher.Append("E two\n"));
        Assert.Equal("\nE", matcher.Append("EE"));
        Assert.False(matcher.Matched);
        Assert.Equal("", matcher.Append("ND three"));
        Assert.True(matcher.Matched);
        Assert.Equal("", matcher.Append("four"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Flush_AnswerEndsWithinABeginning_ReleasesIt()
    {
        var matcher = new StopMatcher(["abc", "bd"]);
        Assert.Equal("x", matcher.Append("xab"));
        Assert.Equal("ab", matcher.Flush());
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Constructor_EmptyStop_IsRefused() => Assert.Throws<ArgumentException>(() => new StopMatcher(["a", ""]));

    [Fact]
    public void Append_AnyTextInAnyPieces_GivesWhatTheNaiveSearchGives() =>
        Prop.ForAll(Cases, test =>
        {
            var matcher = new StopMatcher(test.Stops);
            var shown = string.Concat(test.Pieces.Select(matcher.Append)) + matcher.Flush();
            var (expected, matched) = Naive(test.Stops, string.Concat(test.Pieces));
            Assert.Equal((expected, matched), (shown, matcher.Matched));
        }).Check(Many);

    [Fact]
    public void Append_AnyText_HoldsBackNoMoreThanMayBecomeAStop() =>
        Prop.ForAll(Cases, test =>
        {
            var matcher = new StopMatcher(test.Stops);
            var (text, shown) = ("", "");
            foreach (var piece in test.Pieces)
            {
                (text, shown) = (text + piece, shown + matcher.Append(piece));
                if (matcher.Matched) return;
                Assert.Equal(text, shown + Longest(test.Stops, text));
            }
        }).Check(Many);

    // Invariant 4: whoever takes over feeds it the text so far and goes on alike.
    [Fact]
    public void Append_RebuiltAtEveryIndex_EqualsIncremental() =>
        Prop.ForAll(Cases, test =>
        {
            for (var index = 0; index <= test.Pieces.Length; index++)
            {
                var incremental = new StopMatcher(test.Stops);
                foreach (var piece in test.Pieces[..index]) incremental.Append(piece);
                var rebuilt = new StopMatcher(test.Stops);
                rebuilt.Append(string.Concat(test.Pieces[..index]));
                foreach (var piece in test.Pieces[index..]) Assert.Equal(incremental.Append(piece), rebuilt.Append(piece));
                Assert.Equal((incremental.Matched, incremental.Flush()), (rebuilt.Matched, rebuilt.Flush()));
            }
        }).Check(Many);

    /// <summary>Character by character: the text up to the first sequence that is complete, the longest of several.</summary>
    private static (string Text, bool Matched) Naive(string[] stops, string text)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var complete = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).ToArray();
            if (complete.Length > 0) return (text[..(end - complete.Max(stop => stop.Length))], true);
        }

        return (text, false);
    }

    private static string Longest(string[] stops, string text) =>
        stops.SelectMany(stop => Enumerable.Range(0, stop.Length).Select(length => stop[..length]))
            .Where(start => text.EndsWith(start, StringComparison.Ordinal)).MaxBy(start => start.Length) ?? "";
}
