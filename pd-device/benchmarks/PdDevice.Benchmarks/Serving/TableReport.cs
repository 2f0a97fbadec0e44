using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace PdDevice.Benchmarks.Serving;

/// <summary>What a command measured, as the table it shows.</summary>
/// <param name="Name">The command's name: of the file under benchmarks/results and of the part of the page.</param>
/// <param name="Machine">Where it was measured.</param>
/// <param name="Heads">Columns; the first is text, the others are figures.</param>
/// <param name="Rows">Cells as shown.</param>
/// <param name="Notes">What must be known to read it, a sentence or two each.</param>
/// <param name="Page">The page under docs that shows it; default serving.md.</param>
public sealed record TableReport(
    string Name, string Machine, IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes,
    string Page = "serving.md")
{
    /// <summary>Table, machine and notes.</summary>
    public string Markdown()
    {
        var lines = new List<string> { Line(Heads), "| --- |" + string.Concat(Enumerable.Repeat(" ---: |", Heads.Count - 1)) };
        lines.AddRange(Rows.Select(Line));
        lines.AddRange(["", $"Machine: {Machine}. {string.Join(" ", Notes)}"]);
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Shows the table and, unless it is a smoke run, keeps it: as JSON under benchmarks/results and in its page.</summary>
    public async Task ShowAsync(bool keep, CancellationToken cancellationToken)
    {
        var table = new Table();
        foreach (var head in Heads) table.AddColumn(new TableColumn(Markup.Escape(head)).NoWrap());
        foreach (var row in Rows) table.AddRow(row.Select(Markup.Escape).ToArray());
        AnsiConsole.Console.Profile.Width = Math.Max(AnsiConsole.Console.Profile.Width, 200);
        AnsiConsole.Write(table);
        Console.WriteLine($"{Machine}. {string.Join(" ", Notes)}");
        if (!keep) return;
        await File.WriteAllBytesAsync(Path.Combine(House.Results, $"{Name}.json"), JsonSerializer.SerializeToUtf8Bytes(this, TableJson.Default.TableReport), cancellationToken);
        var page = await File.ReadAllTextAsync(House.Page(Page), cancellationToken);
        await File.WriteAllTextAsync(House.Page(Page), ReadmeBlock.Replace(page, Name, Markdown()), cancellationToken);
    }

    /// <summary>With the rows that an earlier run on this machine has of models that this one did not measure.</summary>
    /// <param name="models">Names of those it did: what rows begin with.</param>
    public TableReport WithOthers(IReadOnlyList<string> models)
    {
        var file = Path.Combine(House.Results, $"{Name}.json");
        return File.Exists(file) && JsonSerializer.Deserialize(File.ReadAllBytes(file), TableJson.Default.TableReport) is { } earlier ? With(earlier, models) : this;
    }

    /// <summary>With the rows that an earlier table has of models that are not in this one. Taken elsewhere or otherwise, as its notes tell, they would be told wrongly here: none then.</summary>
    public TableReport With(TableReport earlier, IReadOnlyList<string> models) =>
        earlier.Machine == Machine && earlier.Heads.SequenceEqual(Heads) && earlier.Notes.SequenceEqual(Notes)
            ? this with { Rows = [.. Rows, .. earlier.Rows.Where(row => !models.Any(model => row[0].StartsWith($"{model}, ", StringComparison.Ordinal)))] }
            : this;

    public static TableReport Here(string name, IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows, IReadOnlyList<string> notes, string page = "serving.md") =>
        new(name, PdDevice.Cli.Machine.Name, heads, rows, notes, page);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(TableReport))]
public sealed partial class TableJson : JsonSerializerContext;
