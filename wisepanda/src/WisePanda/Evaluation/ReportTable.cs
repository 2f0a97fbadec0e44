using System.Text;

namespace WisePanda.Evaluation;

/// <summary>A set's report as a Markdown table.</summary>
public static class ReportTable
{
    /// <summary>A heading with the pool's size, a row for each method, and the paired comparisons.</summary>
    public static string Of(SetReport set)
    {
        var text = new StringBuilder();
        text.AppendLine($"**{set.Name}**: {set.Pairs} pairs, pool {set.Pool}, both directions").AppendLine();
        text.AppendLine("| method | hubness | Top-1 | Top-5 | Top-10 | Top-20 | Top-50 |").AppendLine("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var row in set.Rows)
            text.AppendLine($"| {row.Method} | {(row.Hubness ? "yes" : "no")} | {Cell(row, row.Top1, 1)} | {row.Top5:F1} | {Cell(row, row.Top10, 10)} | {row.Top20:F1} | {Cell(row, row.Top50, 50)} |");
        text.AppendLine().AppendLine("| gain of | over | Top-1 | Top-5 | Top-10 | Top-20 | Top-50 |").AppendLine("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var pair in set.Comparisons.GroupBy(comparison => (comparison.Method, comparison.Than)))
            text.AppendLine($"| {pair.Key.Method} | {pair.Key.Than} | {string.Join(" | ", pair.Select(one => $"{one.Gain:+0.0;-0.0;0.0} [{one.Interval[0]:F1}, {one.Interval[1]:F1}]"))} |");
        return text.ToString();
    }

    private static string Cell(MethodRow row, double share, int k) => $"{share:F1} [{row.Intervals[$"top{k}"][0]:F0}, {row.Intervals[$"top{k}"][1]:F0}]";
}
