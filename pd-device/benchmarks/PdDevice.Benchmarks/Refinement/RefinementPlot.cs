using System.Globalization;
using System.Text;
using PdDevice.Evaluation.Reports;

namespace PdDevice.Benchmarks.Refinement;

/// <summary>Exact match over keep ratio with its intervals, a line for each selector, a panel for each raw share. No plotting package restores here.</summary>
internal static class RefinementPlot
{
    private const int PanelWidth = 400;
    private const int Height = 330;
    private const int Left = 52;
    private const int Top = 34;
    private const int Bottom = 48;
    private const int Right = 96;

    private static readonly Dictionary<string, string> Colors = new(StringComparer.Ordinal)
    {
        ["window"] = "#1b6ca8", ["early"] = "#7b52ab", ["uniform"] = "#7a7a7a", ["recency"] = "#c2571a", ["random"] = "#3f8f3f",
    };

    /// <summary>The picture, as it is written beside the page.</summary>
    public static string Svg(RefinementReport report)
    {
        var rows = report.Rows.Where(row => row.Task == ReportBuilder.Pooled).ToArray();
        var shares = rows.Select(row => row.RawShare).Distinct().Order().ToArray();
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {PanelWidth * shares.Length} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (var i = 0; i < shares.Length; i++) Panel(svg, i * PanelWidth, shares[i], [.. rows.Where(row => row.RawShare == shares[i])]);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(StringBuilder svg, int at, double share, QualityRow[] rows)
    {
        var (from, to) = (at + Left, at + PanelWidth - Right);
        Text(svg, at + Left, 18, share == 0 ? "refined from the start" : string.Create(CultureInfo.InvariantCulture, $"first {share:P0} raw, the rest refined"), "start");
        for (var percent = 0; percent <= 100; percent += 20)
        {
            Line(svg, from, Y(percent / 100.0), to, Y(percent / 100.0), "#dddddd", 1);
            Text(svg, from - 6, Y(percent / 100.0) + 4, $"{percent}%", "end");
        }

        foreach (var ratio in rows.Select(row => row.Ratio).Distinct())
            Text(svg, X(ratio), Height - Bottom + 18, ratio.ToString(CultureInfo.InvariantCulture), "middle");
        Text(svg, (from + to) / 2.0, Height - 10, "keep ratio", "middle");
        var unrefined = rows[0].Unrefined;
        Line(svg, from, Y(unrefined), to, Y(unrefined), "#222222", 1.5, " stroke-dasharray=\"5 4\"");
        var labels = new List<double>();
        Label(svg, to + 6, Y(unrefined), "unrefined", "#222222", labels);
        foreach (var group in rows.GroupBy(row => row.Selector))
        {
            var (color, points) = (Colors.GetValueOrDefault(group.Key, "#000000"), group.OrderBy(row => row.Ratio).ToArray());
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Ratio):F1},{Y(p.ExactMatch):F1}")))}\"/>\n");
            foreach (var point in points)
            {
                Line(svg, X(point.Ratio), Y(point.ExactMatchLow), X(point.Ratio), Y(point.ExactMatchHigh), color, 1);
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(point.Ratio):F1}\" cy=\"{Y(point.ExactMatch):F1}\" r=\"3\" fill=\"{color}\"/>\n");
            }

            Label(svg, to + 6, Y(points[^1].ExactMatch), group.Key, color, labels);
        }

        double X(double ratio) => from + (ratio * (to - from) / .8);
        static double Y(double accuracy) => Top + ((1 - accuracy) * (Height - Top - Bottom));
    }

    // Names of lines that end alike stand below each other.
    private static void Label(StringBuilder svg, double x, double y, string text, string color, List<double> taken)
    {
        while (taken.Any(other => Math.Abs(other - y) < 12)) y += 1;
        taken.Add(y);
        Text(svg, x, y + 4, text, "start", color);
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string color, double width, string more = "") =>
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" stroke=\"{color}\" stroke-width=\"{width}\"{more}/>\n");

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string color = "#333333") =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\" fill=\"{color}\">{text}</text>\n");
}
