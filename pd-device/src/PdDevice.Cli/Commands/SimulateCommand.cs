using System.CommandLine;
using System.Text.Json;
using PdDevice.Cli.Simulate;
using PdDevice.Simulation.Reports;
using Spectre.Console;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd simulate</c>: policies side by side over a trace of real requests, in virtual time.</summary>
public static class SimulateCommand
{
    public const string Name = "simulate";

    public static Command Create()
    {
        var command = new Command(Name,
            "Run P/D-Device and its alternatives over a trace of requests, in virtual time, with the same decision code as the live system.\n" +
            "Engines, devices and links are modelled and say so. Without --load the trace's own rate, without --search one run a policy.")
        {
            Settings.SimulateTrace.Option, Settings.Policies.Option, Settings.Load.Option, Settings.Search.Option, Settings.SimulateSeed.Option,
            Settings.Report.Option, Settings.Json.Option, Settings.CloudHardware.Option, Settings.Machines.Option, Settings.ModelSize.Option,
            Settings.Devices.Option, Settings.Links.Option, Settings.ObjectiveSet.Option, Settings.Quality.Option, Settings.OutputMean.Option, Settings.Spread.Option,
            Settings.Requests.Option, Settings.SimulateMaxTokens.Option, Settings.Check.Option,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult result)
    {
        using var signals = new StopSignals(); // the second one ends the process at once
        var plan = SimulationPlan.From(result);
        var console = Console.IsOutputRedirected ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No }) : AnsiConsole.Console;
        if (Console.IsOutputRedirected) console.Profile.Width = 240;
        var screen = new SimulationScreen(console, TimeProvider.System);
        var report = new SimulationRun(plan, screen).Run(signals.Asked);
        screen.Line($"[bold]P/D-Device simulation[/]  {Markup.Escape(report.Trace)}, {report.Requests:N0} requests, {Markup.Escape(report.Model)} on {report.Machines} x {Markup.Escape(report.Cloud)}, all modelled");
        screen.Line($"[grey]devices: {Markup.Escape(report.Devices)}; links: {Markup.Escape(string.Join("; ", report.Links))}; objectives: {Markup.Escape(report.Objectives)}; seed {report.Seed}[/]");
        foreach (var note in report.Synthetic) screen.Line($"[yellow]synthetic:[/] {Markup.Escape(note)}");
        if (report.SkippedLines + report.OutOfOrderLines > 0) screen.Line($"[yellow]{report.SkippedLines} lines without prompt or answer were skipped, {report.OutOfOrderLines} came out of order[/]");
        if (report.Partial) screen.Line("[yellow]broken off: the figures are of the answers that had ended by then[/]");
        if (report.Policies.Count > 0) screen.Table("at the given load", report.Policies);
        if (report.Best.Count > 0) screen.Table("each at its highest load that keeps to the objectives", report.Best);
        if (plan.Json is { } json) File.WriteAllBytes(json, JsonSerializer.SerializeToUtf8Bytes(report with { Pareto = [] }, ReportJson.Default.SimulationReport));
        if (plan.Report is { } folder)
        {
            HtmlReport.Write(folder, report, CommandLine.Of(result));
            screen.Line($"report: {Markup.Escape(Path.Combine(folder, HtmlReport.Page))}");
        }

        return report.Partial ? 130 : 0;
    }
}
