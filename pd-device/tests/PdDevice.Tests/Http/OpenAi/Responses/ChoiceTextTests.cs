using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;
using PdDevice.Http.OpenAi;
using PdDevice.Http.OpenAi.Responses;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Http.OpenAi.Responses;

public sealed class ChoiceTextTests
{
    private static readonly ScriptedTokenizer Tokenizer = new();

    private static readonly TokenLogprobs Logprobs = new(-1, []);

    // Words, letters, halves of an emoji and of a letter, bytes that are none, and a control token without text.
    private static readonly Gen<int> Token = Gen.Elements(256, 257, 272, 273, 97, 98, 44, 32, 288, 289, 290, 291, 0xFF, ScriptedTokenizer.Open);

    private static readonly Arbitrary<(int[] Tokens, string[] Stops, int MinTokens)> Cases =
        (from tokens in Token.ArrayOf()
         from stops in Gen.Elements("and", " b", ", ", "ab", "aab", "😀", "é,", "\uFFFD", "d, a", "bread and").ListOf()
         from minTokens in Gen.Elements(0, 0, 2, 5)
         select (tokens, stops.Take(3).ToArray(), minTokens)).ToArbitrary();

    [Fact]
    public void Append_AnyTokensAndStops_ShowsTheTextUpToTheFirstStop() =>
        Prop.ForAll(Cases, test =>
        {
            var (pieces, text, taken) = Run(test.Tokens, test.Stops, test.MinTokens);
            var shown = string.Concat(pieces.Select(p => p.Text));
            var all = Decode(test.Tokens[..taken]);
            Assert.Equal(all[..shown.Length], shown);
            Assert.Equal(taken, text.Count);

            // What the first tokens complete is not searched; of the rest, the sequence that is complete first counts.
            var free = taken <= test.MinTokens ? all.Length : Complete(test.Tokens[..test.MinTokens]).Length;
            var ends = Enumerable.Range(free, Math.Max(0, all.Length - free) + 1)
                .SelectMany(end => test.Stops.Where(stop => end - stop.Length >= free && all[..end].EndsWith(stop, StringComparison.Ordinal)).Select(stop => (End: end, Start: end - stop.Length)))
                .OrderBy(match => match.End).ThenBy(match => match.Start).ToArray();
            Assert.Equal(ends.Length > 0, text.Stopped);
            Assert.Equal(ends.Length > 0 ? ends[0].Start : all.Length, shown.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Append_AnyTokensAndStops_LogprobsComeWithTheEndOfTheirText() =>
        Prop.ForAll(Cases, test =>
        {
            var (pieces, text, taken) = Run(test.Tokens, test.Stops, test.MinTokens);
            var logged = pieces.SelectMany(p => p.Tokens).Select(t => t.Id).ToArray();
            Assert.Equal(test.Tokens[..logged.Length], logged);
            if (!text.Stopped) Assert.Equal(taken, logged.Length);

            var shown = 0;
            var listed = 0;
            for (var i = 0; i < pieces.Count; i++)
            {
                (shown, listed) = (shown + pieces[i].Text.Length, listed + pieces[i].Tokens.Count);
                if (i == pieces.Count - 1) break;
                // All that are listed are wholly shown; the next one is not, or its character is not complete.
                Assert.True(Complete(test.Tokens[..listed]).Length <= shown);
                Assert.True(listed == i + 1 || Complete(test.Tokens[..(listed + 1)]) is var next && (next.Length > shown || next.Length == Complete(test.Tokens[..listed]).Length));
            }

            // Nothing shown is without its token, and a token of which nothing is shown is not there.
            if (text.Stopped && shown > 0) Assert.True(Decode(test.Tokens[..listed]).Length >= shown);
            if (text.Stopped && listed > 0) Assert.True(Complete(test.Tokens[..(listed - 1)]).Length < shown);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Append_Offsets_CountCodePointsBeforeTheToken()
    {
        var text = new ChoiceText(Tokenizer, [], 0);
        int[] tokens = [97, 288, 289, 98, 290, 291, 99];
        var offsets = tokens.SelectMany(id => text.Append(new CompletionToken(id, Logprobs)).Tokens).Select(t => t.Offset);
        Assert.Equal([0, 1, 1, 2, 3, 3, 4], offsets);
    }

    // Invariant 4: text, stop and logprobs are functions of the tokens so far.
    [Fact]
    public void Append_RebuiltAtEveryIndex_EqualsIncremental() =>
        Prop.ForAll(Cases, test =>
        {
            for (var index = 0; index <= test.Tokens.Length; index++)
            {
                var incremental = new ChoiceText(Tokenizer, test.Stops, test.MinTokens);
                var rebuilt = new ChoiceText(Tokenizer, test.Stops, test.MinTokens);
                foreach (var both in (ChoiceText[])[incremental, rebuilt])
                    foreach (var id in test.Tokens[..index]) both.Append(new CompletionToken(id, Logprobs));
                foreach (var id in test.Tokens[index..])
                    Assert.Equal(Show(incremental.Append(new CompletionToken(id, Logprobs))), Show(rebuilt.Append(new CompletionToken(id, Logprobs))));
                Assert.Equal((Show(incremental.End()), incremental.Stopped, incremental.Count), (Show(rebuilt.End()), rebuilt.Stopped, rebuilt.Count));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>As the run does: until a stop, or to the end.</summary>
    private static (List<ChoicePiece> Pieces, ChoiceText Text, int Taken) Run(int[] tokens, string[] stops, int minTokens)
    {
        var text = new ChoiceText(Tokenizer, stops, minTokens);
        var pieces = new List<ChoicePiece>();
        for (var taken = 0; taken < tokens.Length; taken++)
        {
            pieces.Add(text.Append(new CompletionToken(tokens[taken], Logprobs)));
            if (text.Stopped) return (pieces, text, taken + 1);
        }

        pieces.Add(text.End());
        return (pieces, text, tokens.Length);
    }

    private static string Show(ChoicePiece piece) => $"{piece.Text}|{string.Join(',', piece.Tokens)}";

    private static byte[] Bytes(int[] tokens) => [.. tokens.SelectMany(id => Tokenizer.Bytes(id).ToArray())];

    private static string Decode(int[] tokens) => Encoding.UTF8.GetString(Bytes(tokens));

    /// <summary>The text without a character at its end that is not complete.</summary>
    private static string Complete(int[] tokens)
    {
        var bytes = Bytes(tokens);
        var decoder = Encoding.UTF8.GetDecoder();
        var text = new char[bytes.Length + 1];
        return new string(text, 0, decoder.GetChars(bytes, 0, bytes.Length, text, 0, flush: false));
    }
}
