using System.Globalization;
using MathNet.Numerics.Statistics;
using Spectre.Console;

namespace PdDevice.Benchmarks.Speed;

/// <summary>A report as a table, for a terminal and for the README.</summary>
public static class SpeedTable
{
    private const int Width = 200;

    private static readonly string[] Heads =
        ["model", "tokens/s", "`pdd cloud`", NodePeer.Name, "bare binding", $"cloud / {NodePeer.Name}", "cloud / bare", "`pdd run` alone", "run / bare"];

    /// <summary>The table and the line below it, as Markdown.</summary>
    public static string Markdown(SpeedReport report)
    {
        var lines = Rows(report).Select(Line).ToList();
        lines.InsertRange(0, [Line(Heads), "| --- | --- |" + string.Concat(Enumerable.Repeat(" ---: |", Heads.Length - 2))]);
        lines.AddRange(["", $"Machine: {report.Machine}; {report.Threads} thread{(report.Threads == 1 ? "" : "s")}, median of {report.Runs} runs in turn, 95% interval in brackets."]);
        lines.AddRange(report.Skipped.Select(side => $"Not measured: {side.Key}, for {side.Value}."));
        return string.Join('\n', lines) + "\n";
    }

    public static void Write(SpeedReport report, IAnsiConsole console)
    {
        var table = new Table();
        foreach (var head in Heads) table.AddColumn(new TableColumn(head.Replace("`", "", StringComparison.Ordinal)).NoWrap());
        foreach (var row in Rows(report)) table.AddRow(row.Select(cell => Markup.Escape(cell.Replace("**", "", StringComparison.Ordinal))).ToArray());
        console.Profile.Width = Math.Max(console.Profile.Width, Width); // a broken line is harder to read than a wrapped table
        console.Write(table);
    }

    private static IEnumerable<string[]> Rows(SpeedReport report) =>
        from model in report.Models
        from figure in model.Figures
        select (string[])
        [
            model.Model, figure.Cell.Name, Rate(figure, SpeedSideCommand.Cloud), Rate(figure, NodePeer.Name), Rate(figure, SpeedSideCommand.Bare),
            Ratio(figure, SpeedSideCommand.Cloud, NodePeer.Name), Ratio(figure, SpeedSideCommand.Cloud, SpeedSideCommand.Bare),
            Rate(figure, SpeedSideCommand.Device), Ratio(figure, SpeedSideCommand.Device, SpeedSideCommand.Bare),
        ];

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Rate(SpeedFigure figure, string side) =>
        figure.Rates.TryGetValue(side, out var rates) ? rates.Median().ToString("N0", CultureInfo.InvariantCulture) : "";

    private static string Ratio(SpeedFigure figure, string ours, string theirs) =>
        figure.Comparisons.FirstOrDefault(c => c.Ours == ours && c.Theirs == theirs) is { Ratio: var ratio } comparison
            ? FormattableString.Invariant($"{ratio.Median:F3} [{ratio.Low:F3}, {ratio.High:F3}] {(comparison.Met ? "met" : "**missed**")}")
            : "";
}
