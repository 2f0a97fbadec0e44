using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

public sealed class ProtectedSpansTests
{
    [Theory]
    [InlineData("no marks", "no marks", "")]
    [InlineData("a <pdd-keep>b c</pdd-keep> d", "a b c d", "b c")]
    [InlineData("<pdd-keep>x</pdd-keep><pdd-keep>y</pdd-keep>", "xy", "x|y")]
    [InlineData("<pdd-keep></pdd-keep>z", "z", "")]
    [InlineData("an open <pdd-keep> alone", "an open <pdd-keep> alone", "")]
    [InlineData("a </pdd-keep> and <pdd-keep>k</pdd-keep>", "a </pdd-keep> and k", "k")]
    [InlineData("<pdd-keep>a<pdd-keep>b</pdd-keep>c</pdd-keep>", "a<pdd-keep>bc</pdd-keep>", "a<pdd-keep>b")]
    [InlineData("<PDD-KEEP>x</PDD-KEEP>", "<PDD-KEEP>x</PDD-KEEP>", "")]
    public void Read_Marks_AreTakenOutInPairs(string text, string plain, string spans)
    {
        var marked = MarkedText.Read(text);
        Assert.Equal(plain, marked.Text);
        Assert.Equal(spans, string.Join('|', marked.Spans.Select(span => marked.Text.Substring(span.Start, span.Length))));
    }

    // However the bytes are cut into tokens, what was marked is inside the tokens found, and at most a token more on either side.
    [Fact]
    public void Marked_AnyCutsAndMessages_ExactlyTheTokensThatHoldTheMarkedBytes() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            string[] words = ["alpha", "né", "東京", "42", "\n", "beta gamma"];
            var texts = Enumerable.Range(0, 1 + random.Next(3)).Select(_ => MarkedText.Read(string.Join(' ', Enumerable.Range(0, 1 + random.Next(12)).Select(_ =>
                random.Next(4) == 0 ? $"<pdd-keep>{words[random.Next(5)]} {words[random.Next(6)]}</pdd-keep>" : words[random.Next(6)])))).ToArray();
            var (pieces, expected) = (new List<TokenPiece>(), new HashSet<int>());
            foreach (var text in texts)
            {
                pieces.Add(new TokenPiece(default, true));
                pieces.Add(new TokenPiece("user\n"u8.ToArray(), false));
                var bytes = Encoding.UTF8.GetBytes(text.Text.Trim()); // as a template may
                var cut = text.Text.Length - text.Text.TrimStart().Length;
                var marked = text.Spans.SelectMany(span => Enumerable.Range(span.Start, span.Length)).ToHashSet();
                var inside = Enumerable.Range(0, text.Text.Trim().Length).SelectMany(c => Enumerable.Repeat(marked.Contains(c + cut), Encoding.UTF8.GetByteCount(text.Text.AsSpan(c + cut, 1)))).ToArray();
                for (var at = 0; at < bytes.Length;)
                {
                    var next = Math.Min(bytes.Length, at + 1 + random.Next(5));
                    if (inside.AsSpan(at, next - at).Contains(true)) expected.Add(pieces.Count);
                    pieces.Add(new TokenPiece(bytes.AsMemory(at, next - at), false));
                    at = next;
                }

                pieces.Add(new TokenPiece(default, true));
            }

            var found = ProtectedSpans.Marked(pieces, texts).SelectMany(range => Enumerable.Range(range.Start, range.Count)).ToHashSet();
            Assert.Equal(expected.Order(), found.Order());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Marked_TextThatIsAlsoInAHeader_IsWhereThePersonWroteIt()
    {
        var pieces = Prompts.Of("<s>", "user", "\n", "us", "er", "<e>", "<s>", "assistant", "\n", "no", "<e>", "<s>", "user", "\n", "us", "er", "<e>");
        var marked = MarkedText.Read("<pdd-keep>user</pdd-keep>");
        Assert.Equal([new(3, 2), new(14, 2)], ProtectedSpans.Marked(pieces, [marked, MarkedText.Read("no"), marked]));
        Assert.Equal([new(1, 1)], ProtectedSpans.Marked(Prompts.Of("<s>", "user", "\n", "<e>"), [marked])); // there and nowhere else
    }

    [Fact]
    public void Marked_TextTheTokenizerChanged_FindsTheWordsOrProtectsEverything()
    {
        var pieces = Prompts.Of("<s>", " KEEP", " this", " one", " KEEP", "<e>");
        Assert.Equal([new(1, 1), new(4, 1)], ProtectedSpans.Marked(pieces, [MarkedText.Read("not in it <pdd-keep>KEEP</pdd-keep>")]));
        Assert.Equal([new(0, 6)], ProtectedSpans.Marked(pieces, [MarkedText.Read("not in it <pdd-keep>either</pdd-keep>")]));
    }

    [Fact]
    public void Every_Occurrence_IsFoundAndWhatIsNotThereIsNot()
    {
        var pieces = Prompts.Of("<s>", "ab", "cab", "c", "<e>", "abc");
        Assert.Equal([new(1, 2), new(2, 2), new(5, 1)], ProtectedSpans.Every(pieces, "abc"));
        Assert.Empty(ProtectedSpans.Every(pieces, "abd"));
        Assert.Empty(ProtectedSpans.Every(pieces, ""));
    }
}
