using System.CommandLine;
using System.Text.Json;
using PdDevice.Cli.Commands;
using PdDevice.Simulation.Reports;

namespace PdDevice.Benchmarks.Simulate;

/// <summary><c>simulation</c>: every scenario of docs/simulation.md, its figures and its tables.</summary>
internal static class SimulationTables
{
    private static readonly Option<string> Traces = new("--traces") { Description = "Folder of the traces, with azure2023, mooncake and network in it; they are not part of the repository." };
    private static readonly Option<string[]> Only = new("--only") { Description = $"Scenarios to run, of {string.Join(", ", Scenario.All.Select(scenario => scenario.Name))}; without it all.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Table = new("--table") { Description = "Only rewrites the tables from what was run before." };

    /// <summary>Where the figures of the scenarios are kept.</summary>
    public static string Folder => Path.Combine(House.Results, "simulation");

    public static Command Create()
    {
        var command = new Command("simulation", "Runs pdd simulate --search for every scenario of docs/simulation.md and writes its tables. Deterministic: the same sources give the same bytes. Takes some minutes.") { Traces, Only, Table };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(Traces), result.GetValue(Only) ?? [], result.GetValue(Table), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? traces, string[] only, bool tableOnly, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        foreach (var scenario in Scenario.All.Where(scenario => only.Length == 0 || only.Contains(scenario.Name)))
        {
            if (tableOnly) break;
            if (traces is null) throw new PdDevice.Cli.CliException("Where are the traces? Name their folder with --traces DIR.");
            Console.WriteLine(scenario.Title);
            var code = await SimulateCommand.Create().Parse([.. scenario.Arguments(traces)[1..], "--json", FileOf(scenario)]).InvokeAsync(cancellationToken: cancellationToken);
            if (code != 0) return code;
        }

        var page = await File.ReadAllTextAsync(House.Page("simulation.md"), cancellationToken);
        foreach (var scenario in Scenario.All)
        {
            if (Kept(scenario) is not { } report) continue;
            // The curves belong into a report: what is kept here is what the tables show.
            report = report with { Policies = [.. report.Policies.Select(Bare)], Best = [.. report.Best.Select(Bare)] };
            await File.WriteAllBytesAsync(FileOf(scenario), JsonSerializer.SerializeToUtf8Bytes(report, ReportJson.Default.SimulationReport), cancellationToken);
            page = ReadmeBlock.Replace(page, scenario.Name, ReportMarkdown.Of(scenario.Title, report));
        }

        await File.WriteAllTextAsync(House.Page("simulation.md"), page, cancellationToken);
        var readme = await File.ReadAllTextAsync(House.Readme, cancellationToken);
        await File.WriteAllTextAsync(House.Readme, ReadmeBlock.Replace(readme, FleetSummary.Block, FleetSummary.Markdown(Kept)), cancellationToken);
        return 0;
    }

    /// <summary>The kept figures of a scenario; null: it was not run.</summary>
    public static SimulationReport? Kept(Scenario scenario) =>
        FileOf(scenario) is var file && File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), ReportJson.Default.SimulationReport) : null;

    private static string FileOf(Scenario scenario) => Path.Combine(Folder, $"{scenario.Name}.json");

    private static PolicyResult Bare(PolicyResult result) => result with { TtftMs = [], Occupancy = [] };
}
