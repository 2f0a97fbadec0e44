using System.Text;

namespace PdDevice.Core.Refinement;

/// <summary>
/// A person's text with the marks <c>&lt;pdd-keep&gt;</c> and <c>&lt;/pdd-keep&gt;</c> taken out: what stands between them is
/// kept whatever a refined prompt leaves out. Pairs do not nest: an open mark goes with
/// the next close one. A mark without its partner is text like any other.
/// </summary>
/// <param name="Text">Without the marks; what the model reads.</param>
/// <param name="Spans">What stood between marks: first character and length in <paramref name="Text"/>, rising.</param>
public sealed record MarkedText(string Text, IReadOnlyList<(int Start, int Length)> Spans)
{
    public const string Open = "<pdd-keep>";

    public const string Close = "</pdd-keep>";

    public static MarkedText Read(string text)
    {
        var plain = new StringBuilder();
        var spans = new List<(int, int)>();
        var at = 0;
        while (text.IndexOf(Open, at, StringComparison.Ordinal) is var open and >= 0
            && text.IndexOf(Close, open + Open.Length, StringComparison.Ordinal) is var close and >= 0)
        {
            plain.Append(text, at, open - at);
            var start = open + Open.Length;
            if (close > start) spans.Add((plain.Length, close - start));
            plain.Append(text, start, close - start);
            at = close + Close.Length;
        }

        return at == 0 ? new MarkedText(text, []) : new MarkedText(plain.Append(text, at, text.Length - at).ToString(), spans);
    }
}
