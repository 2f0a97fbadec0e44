using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

/// <summary>Prompts of words, numbers, line breaks, wide characters and control tokens, cut into tokens at any byte.</summary>
internal static class Prompts
{
    private static readonly string[] Words = ["the", "fox", "4711", "3.14", "née", "東京都", "ends.", "What?", "a", "\n", "\n\n", "  ", "x=1;", "supercalifragilistic"];

    public static readonly Arbitrary<TokenPiece[]> Any =
        (from length in Gen.Elements(1, 2, 37, 120, 700)
         from seed in Gen.Choose(0, int.MaxValue - 1)
         select Make(length, seed)).ToArbitrary();

    public static TokenPiece[] Make(int length, int seed)
    {
        var random = new Random(seed);
        var pieces = new List<TokenPiece>();
        while (pieces.Count < length)
        {
            if (random.Next(40) == 0) pieces.Add(new TokenPiece(default, true));
            var bytes = Encoding.UTF8.GetBytes((random.Next(5) == 0 ? "" : " ") + Words[random.Next(Words.Length)]);
            for (var at = 0; at < bytes.Length;)
            {
                var next = Math.Min(bytes.Length, at + 1 + random.Next(6));
                pieces.Add(new TokenPiece(bytes.AsMemory(at, next - at), false));
                at = next;
            }
        }

        return [.. pieces.Take(length)];
    }

    public static TokenPiece[] Of(params string[] tokens) => [.. tokens.Select(t => new TokenPiece(t.StartsWith('<') ? default : Encoding.UTF8.GetBytes(t), t.StartsWith('<')))];

    public static string[] Texts(TokenPiece[] pieces, UnitMap units) =>
        [.. Enumerable.Range(0, units.Count).Select(u => string.Concat(pieces[units[u].Start..units[u].End].Select(p => p.IsControl ? "<>" : Encoding.UTF8.GetString(p.Bytes.Span))))];
}
