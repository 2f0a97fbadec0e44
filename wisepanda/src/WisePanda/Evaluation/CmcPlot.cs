using System.Text;

namespace WisePanda.Evaluation;

/// <summary>
/// The cumulative match curve of some methods as an SVG: percent of edges whose mate is among the first k, over k on a logarithmic axis.
/// No plotting package restores here.
/// </summary>
public static class CmcPlot
{
    private const double Left = 48, Top = 34, Width = 420, Height = 260;
    private static readonly string[] Colours = ["#8a8a8a", "#c08030", "#3070b0", "#a03060"];

    /// <param name="title">What is plotted, with the size of the pool.</param>
    /// <param name="rows">Up to four methods.</param>
    public static string Svg(string title, IReadOnlyList<MethodRow> rows)
    {
        var most = rows.Min(row => row.Cmc.Length);
        double X(double k) => Left + Width * Math.Log(k) / Math.Log(most);
        double Y(double percent) => Top + Height * (1 - percent / 100);
        var svg = new StringBuilder();
        svg.AppendLine("""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 340" font-family="sans-serif" font-size="12">""");
        svg.AppendLine("""<rect width="700" height="340" fill="white"/>""");
        svg.AppendLine($"""<text x="{Left}" y="20" font-size="14">{System.Security.SecurityElement.Escape(title)}</text>""");
        for (var percent = 0; percent <= 100; percent += 20)
            svg.AppendLine($"""<line x1="{Left}" x2="{Left + Width}" y1="{Y(percent):F1}" y2="{Y(percent):F1}" stroke="#dddddd"/><text x="{Left - 6}" y="{Y(percent) + 4:F1}" text-anchor="end">{percent}%</text>""");
        foreach (var k in TopK.Shown.Where(k => k <= most))
            svg.AppendLine($"""<line x1="{X(k):F1}" x2="{X(k):F1}" y1="{Top}" y2="{Top + Height}" stroke="#dddddd"/><text x="{X(k):F1}" y="{Top + Height + 16}" text-anchor="middle">{k}</text>""");
        svg.AppendLine($"""<text x="{Left + Width / 2}" y="{Top + Height + 34}" text-anchor="middle">mate among the first k</text>""");
        for (var i = 0; i < rows.Count; i++)
        {
            var points = string.Join(" ", Enumerable.Range(1, most).Select(k => $"{X(k):F1},{Y(rows[i].Cmc[k - 1]):F1}"));
            var (colour, y) = (Colours[i % Colours.Length], Top + 20 + 22 * i);
            svg.AppendLine($"""<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>""");
            svg.AppendLine($"""<line x1="480" x2="504" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/><text x="510" y="{y + 4}">{rows[i].Method}{(rows[i].Hubness ? ", hubness" : "")}</text>""");
        }
        return svg.AppendLine("</svg>").ToString();
    }
}
