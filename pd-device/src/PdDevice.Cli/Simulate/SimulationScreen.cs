using PdDevice.Simulation.Reports;
using Spectre.Console;

namespace PdDevice.Cli.Simulate;

/// <summary>What a simulation shows: how far it is, and the table.</summary>
public sealed class SimulationScreen(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly bool _live = console.Profile.Capabilities.Ansi;
    private long _begun;
    private long _shown;

    public void Line(string markup) => console.MarkupLine(markup);

    /// <summary>A run begins.</summary>
    public void Begin() => (_begun, _shown) = (time.GetTimestamp(), 0);

    /// <summary>One line that replaces the one before where the terminal can: share, requests, rate, time left.</summary>
    public void Progress(string what, long done, long all)
    {
        if (!_live || time.GetElapsedTime(_shown) < Pace) return;
        _shown = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_begun).TotalSeconds;
        var rate = done / Math.Max(seconds, 1e-3);
        var filled = (int)Math.Clamp(30.0 * done / Math.Max(1, all), 0, 30);
        var text = $"{what,-20} [{new string('#', filled)}{new string('.', 30 - filled)}] {(double)done / Math.Max(1, all),4:P0}  {done:N0} requests, {rate:N0}/s, {Left((all - done) / Math.Max(rate, 1e-3))} left";
        Show(text);
    }

    /// <summary>One line of what goes on, where the terminal can.</summary>
    public void Status(string text)
    {
        if (_live) Show(text);
    }

    /// <summary>Seconds as h:mm:ss, or m:ss under an hour.</summary>
    public static string Left(double seconds)
    {
        var left = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
        return left.TotalHours >= 1 ? $"{(long)left.TotalHours}:{left:mm\\:ss}" : $"{left:m\\:ss}";
    }

    private void Show(string text) =>
        console.Profile.Out.Writer.Write($"\r\u001b[2K{text[..Math.Min(text.Length, Math.Max(1, console.Profile.Width - 1))]}");

    public void EndProgress()
    {
        if (_live) console.Profile.Out.Writer.Write("\r\u001b[2K");
    }

    public void Table(string title, IEnumerable<PolicyResult> policies)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape(title)), Border = TableBorder.Rounded };
        foreach (var (head, _) in ReportTable.Columns) table.AddColumn(new TableColumn(Markup.Escape(head)) { NoWrap = true, Alignment = head == "policy" ? Justify.Left : Justify.Right });
        foreach (var policy in policies) table.AddRow([.. ReportTable.Columns.Select(column => Markup.Escape(column.Cell(policy)))]);
        console.Write(table);
    }
}
