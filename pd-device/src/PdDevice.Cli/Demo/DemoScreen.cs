using PdDevice.Core.Ledger;
using PdDevice.Device.Http;
using Spectre.Console;

namespace PdDevice.Cli.Demo;

/// <summary>What the demo shows: progress, the answer with the source of each token in colour, and the table.</summary>
public sealed class DemoScreen(IAnsiConsole console)
{
    private const string CloudColour = "\u001b[94m";
    private const string DeviceColour = "\u001b[92m";
    private const string NoColour = "\u001b[0m";

    private readonly bool _live = console.Profile.Capabilities.Ansi;
    private readonly bool _colours = console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };
    private TokenSource? _last;
    private bool _progressShown;

    public void Line(string markup) => console.MarkupLine(markup);

    /// <summary>One line that replaces the one before where the terminal can.</summary>
    public void Progress(string text)
    {
        if (!_live) return;
        if (text.Length >= console.Profile.Width) text = text[..(console.Profile.Width - 1)]; // a second row would stay behind
        Raw(_colours ? $"\r\u001b[2K\u001b[90m{text}\u001b[0m" : $"\r\u001b[2K{text}");
        _progressShown = true;
    }

    /// <summary>How the sources are told apart in the answers below.</summary>
    public void Legend()
    {
        Raw(_colours
            ? $"{CloudColour}from the cloud{NoColour} {DeviceColour}from the device{NoColour}\n"
            : "[cloud>] from the cloud, [device>] from the device\n");
    }

    public void EndProgress()
    {
        if (_progressShown) Raw("\r\u001b[2K");
        _progressShown = false;
    }

    public void BeginWay(string title, string what)
    {
        _last = null;
        console.WriteLine();
        console.Write(new Rule($"[bold]{title}[/]  [grey]{what}[/]") { Justification = Justify.Left });
    }

    /// <summary>Writes a token as it is shown: blue from the cloud, green from the device; without colours the source is named where it changes.</summary>
    public void Token(TokenEvent token)
    {
        EndProgress();
        var handover = _last != token.Source;
        _last = token.Source;
        if (_colours)
        {
            if (handover) Raw(token.Source == TokenSource.Cloud ? CloudColour : DeviceColour);
            Raw(token.Text);
        }
        else
        {
            Raw(handover ? $"[{(token.Source == TokenSource.Cloud ? "cloud" : "device")}>]{token.Text}" : token.Text);
        }
    }

    public void EndWay() => Raw(_colours ? $"{NoColour}\n" : "\n");

    public void Table(DemoResult result)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("");
        foreach (var way in result.Ways) table.AddColumn(new TableColumn($"[bold]{way.Way}[/]").RightAligned());
        Row("TTFT", w => Ms(w.TtftMs));
        Row("mean TPOT", w => Ms(w.TpotMeanMs));
        Row("largest ITL", w => Ms(w.ItlMaxMs));
        Row("total answer time", w => Ms(w.TotalMs));
        Row("cloud occupancy", w => w.OccupancyMs is { } ms ? Ms(ms) : "unknown");
        Row("tokens from cloud", w => $"{w.CloudTokens}");
        Row("tokens from device", w => $"{w.DeviceTokens}");
        Row("cloud tokens not used", w => $"{w.CloudTokensUnused}");
        Row("bytes that left the device", w => $"{w.BytesLeft:N0}");
        console.WriteLine();
        console.Write(table);
        return;

        void Row(string name, Func<WayResult, string> value) => table.AddRow([name, .. result.Ways.Select(value)]);
    }

    private static string Ms(double ms) => $"{ms:N0} ms";

    // Not through Spectre: it would wrap and pad what is written token by token.
    private void Raw(string text)
    {
        console.Profile.Out.Writer.Write(text);
        console.Profile.Out.Writer.Flush();
    }
}
