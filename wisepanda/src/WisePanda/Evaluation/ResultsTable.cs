using System.Text;

namespace WisePanda.Evaluation;

/// <summary>The short table of the README: the methods that matter, on every set.</summary>
public static class ResultsTable
{
    private const string Begin = "<!-- results -->";
    private const string End = "<!-- /results -->";

    private static readonly (string Method, bool Hubness)[] Shown =
        [("shift +-4 L1", false), ("network", false), ("shift +-4 L1", true), ("composite", true), ("network", true), ("network + composite", true)];

    /// <summary>Percent of edges whose mate is among the first 1, 10 and 50, with 95% intervals.</summary>
    public static string Of(IReadOnlyList<SetReport> sets)
    {
        var text = new StringBuilder();
        text.AppendLine("| set | pool | method | hubness | Top-1 | Top-10 | Top-50 |").AppendLine("| --- | ---: | --- | --- | ---: | ---: | ---: |");
        foreach (var set in sets)
            foreach (var row in Shown.Select(shown => set.Rows.Single(row => (row.Method, row.Hubness) == shown)))
                text.AppendLine($"| {set.Name}, {set.Pairs} pairs | {set.Pool} | {row.Method} | {(row.Hubness ? "yes" : "no")} | {Cell(row, row.Top1, 1)} | {Cell(row, row.Top10, 10)} | {Cell(row, row.Top50, 50)} |");
        return text.ToString();
    }

    /// <summary>Puts a text between the page's two marks, <c>results</c> and <c>/results</c>.</summary>
    /// <exception cref="FormatException">The page has no such marks.</exception>
    public static string Into(string page, string text)
    {
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from) throw new FormatException($"The page has no {Begin} and {End} to write between.");
        return $"{page[..(from + Begin.Length)]}\n{text}{page[to..]}";
    }

    private static string Cell(MethodRow row, double share, int k) => $"{share:F1} [{row.Intervals[$"top{k}"][0]:F0}, {row.Intervals[$"top{k}"][1]:F0}]";
}
