using System.CommandLine;
using System.Text.Json;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;

namespace PdDevice.Benchmarks.Refinement;

/// <summary><c>refinement-page</c>: tables, plots and the default ratio of docs/refinement.md from the committed results of <c>pdd eval refinement</c>.</summary>
internal static class RefinementPageCommand
{
    public static Command Create()
    {
        var command = new Command("refinement-page", "Writes the quality part of docs/refinement.md, and its plots, from benchmarks/results/refinement-*.json.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var reports = Read(House.Results);
            var docs = Path.Combine(House.Folder, "docs");
            var page = Path.Combine(docs, "refinement.md");
            var text = ReadmeBlock.Replace((await File.ReadAllTextAsync(page, cancellationToken)).ReplaceLineEndings("\n"), RefinementPage.Block, RefinementPage.Markdown(reports));
            await File.WriteAllTextAsync(page, text, cancellationToken);
            foreach (var (name, report) in reports.Where(pair => RefinementPage.HasSection(pair.Key))) await File.WriteAllTextAsync(Path.Combine(docs, $"{name}.svg"), RefinementPlot.Svg(report), cancellationToken);
            return 0;
        });
        return command;
    }

    /// <summary>The results of quality runs by file name, without its ending. Results of other refinement benchmarks have no rows of selectors and are passed over.</summary>
    public static IReadOnlyDictionary<string, RefinementReport> Read(string folder)
    {
        var reports = new SortedDictionary<string, RefinementReport>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(folder, "refinement-*.json"))
        {
            var bytes = File.ReadAllBytes(file);
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.TryGetProperty("plan", out _)) reports[Path.GetFileNameWithoutExtension(file)] = JsonSerializer.Deserialize(bytes, EvalJson.Default.RefinementReport)!;
        }

        return reports;
    }
}
