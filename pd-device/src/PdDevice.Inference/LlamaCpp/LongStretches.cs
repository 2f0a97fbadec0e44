using System.Globalization;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Cuts very long stretches of text without (or of nothing but) white space. llama.cpp splits text for many byte-pair
/// vocabularies with a recursive regex: about 300 bytes of stack a character matched, so that a few thousand letters in a
/// row would end the process (measured: 2,048 on a stack of 512 KB). Ordinary text has no such stretch and stays whole.
/// </summary>
internal static class LongStretches
{
    public const int Longest = 512;

    /// <summary>Where to cut, ascending; empty for ordinary text. Never inside a surrogate pair.</summary>
    public static List<int> Cuts(string text)
    {
        var cuts = new List<int>();
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i]) != char.IsWhiteSpace(text[i - 1])) start = i;
            if (i - start < Longest) continue;
            start = Cut(text, start + (Longest / 2), i);
            cuts.Add(start);
        }

        return cuts;
    }

    /// <summary>The last change of kind in the range, where most vocabularies split anyway; else its end.</summary>
    private static int Cut(string text, int least, int most)
    {
        for (var at = most; at > least; at--)
        {
            if (Kind(text[at]) != Kind(text[at - 1])) return at;
        }

        return char.IsLowSurrogate(text[most]) ? most - 1 : most;
    }

    // Surrogates are one kind, so a cut at a change of kind never falls between two of them.
    private static int Kind(char c) => char.IsLetter(c) ? 0
        : char.IsDigit(c) ? 1
        : c is '\r' or '\n' ? 2
        : char.IsWhiteSpace(c) ? 3
        : char.IsSurrogate(c) ? 4
        : char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark ? 0
        : 5;
}
