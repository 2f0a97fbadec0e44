using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

public sealed class UnitMapTests
{
    [Fact]
    public void Of_AnyPrompt_UnitsFollowEachOtherAndNeverBeginInsideACharacter() =>
        Prop.ForAll(Prompts.Any, Gen.Elements(UnitKind.Word, UnitKind.Sentence, UnitKind.Line).ToArbitrary(), (pieces, kind) =>
        {
            var units = UnitMap.Of(kind, pieces);
            var at = 0;
            for (var u = 0; u < units.Count; u++)
            {
                Assert.Equal(at, units[u].Start);
                Assert.InRange(units[u].Count, 1, 2 * UnitMap.Longest(kind));
                if (!pieces[at].IsControl && at > 0 && !pieces[at - 1].IsControl) Assert.NotEqual(0x80, pieces[at].Bytes.Span[0] & 0xC0);
                at = units[u].End;
            }

            Assert.Equal(pieces.Length, at);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_Words_NumbersAndWordsStayWholeHoweverTheyAreCut()
    {
        var pieces = Prompts.Of("<s>", "user", "\n", "The", " co", "de", " is", " ", "4", "7", "1", "1", ",", " not", " 3", ".", "1", "4", ".", "\n", "Ok", "<e>");
        Assert.Equal(["<>", "user", "\nThe", " code", " is", " 4711,", " not", " 3.14.", "\nOk", "<>"], Prompts.Texts(pieces, UnitMap.Of(UnitKind.Word, pieces)));
    }

    [Fact]
    public void Of_SentencesAndLines_EndWhereTextDoes()
    {
        var pieces = Prompts.Of("One", " is", " 3", ".", "14", ".", " Two", "?\"", " Three", "\n", "four", ". ", "five");
        Assert.Equal(["One is 3.14.", " Two?\"", " Three\n", "four. ", "five"], Prompts.Texts(pieces, UnitMap.Of(UnitKind.Sentence, pieces)));
        Assert.Equal(["One is 3.14. Two?\" Three\n", "four. five"], Prompts.Texts(pieces, UnitMap.Of(UnitKind.Line, pieces)));
    }
}
