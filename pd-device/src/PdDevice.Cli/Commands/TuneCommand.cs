using System.CommandLine;
using System.Text.Json;
using PdDevice.Cli.Tune;
using PdDevice.Core.Planning.Requests;
using Spectre.Console;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd tune</c>: the best settings for one request, and why.</summary>
public static class TuneCommand
{
    public static Command Create()
    {
        var explain = new Option<bool>("--explain") { Description = "Also show every choice that was considered, and why it was not taken." };
        var command = new Command("tune",
            "Choose the settings for one request: ask the cloud or not, for how many tokens, how much of the prompt to keep, how fast to show; with --fleet also those of a cloud.\n" +
            "The machines are computed from data sheets and published measurements (a roofline); nothing is run.")
        {
            Settings.TuneDevice.Option, Settings.TuneCloud.Option, Settings.TuneModel.Option, Settings.TuneBatch.Option, Settings.TuneLink.Option,
            Settings.TunePrompt.Option, Settings.MaxTokens.Option, Settings.MaxTotal.Option, Settings.TuneObjectives.Option, Settings.TuneQuality.Option,
            Settings.TuneMostLoss.Option, Settings.TuneFleet.Option, Settings.TuneTrace.Option, Settings.TuneOutput.Option, explain, Settings.Json.Option,
        };
        command.SetAction((result, cancellationToken) => RunAsync(result, result.GetValue(explain), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, bool explain, CancellationToken cancellationToken)
    {
        var sizes = FleetSizes.From(result, cancellationToken);
        var setup = TuneSetup.From(result, sizes.MeanPrompt);
        var (plan, considered) = new RequestPlanner(setup.Quality).Explain(setup.Input, setup.Objectives);
        var whole = setup.Input.CloudPrefill + ((setup.Input.MaxTokens - 1) * setup.Input.CloudStep);
        var fleet = Settings.TuneFleet.Of(result) is > 0 and var accelerators ? FleetTune.Plan(result, setup, accelerators, sizes) : null;
        var outcome = new TuneResult(
            setup.Model.Name, setup.Device, setup.Cloud, setup.Input.PromptTokens, setup.ObjectivesName, Choice(plan), whole * 1000, [.. considered.Select(Choice)], fleet);

        var console = Console.IsOutputRedirected ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No }) : AnsiConsole.Console;
        console.Profile.Width = Math.Max(console.Profile.Width, 160);
        Show(console, outcome, setup);
        if (explain) Table(console, outcome);
        if (fleet is not null) FleetTune.Show(console, fleet, explain);
        if (Settings.Json.Of(result) is { } file)
            await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(outcome, TuneJson.Default.TuneResult), cancellationToken);
        return 0;

        TuneChoice Choice(RequestPlan choice) => new(
            choice.UseCloud, choice.Lease, choice.KeepRatio, choice.Period * 1000, choice.FirstToken * 1000, choice.ReadyIn * 1000, choice.Occupancy * 1000,
            choice.Missed == Missed.None, RequestReasons.Why(choice, plan, setup.Objectives));
    }

    private static void Show(IAnsiConsole console, TuneResult outcome, TuneSetup setup)
    {
        var (chosen, goals) = (outcome.Chosen, setup.Objectives);
        Line($"request:    prompt {outcome.PromptTokens} tokens, answer up to {setup.Input.MaxTokens}, model {outcome.Model} ({setup.Model.Mirrors})");
        Line($"device:     {Machine(outcome.Device)}, p/d {outcome.Device.PrefillTokensPerSecond / outcome.Device.DecodeTokensPerSecond:F1}");
        Line($"cloud:      {Machine(outcome.Cloud)}; {setup.Input.RoundTrip * 1000:F0} ms to it and back, the prompt's upload included");
        Line($"objectives: {outcome.Objectives}: first token {(double.IsFinite(goals.Ttft) ? $"within {goals.Ttft * 1000:F0} ms" : "whenever")}, no gap over {goals.LargestGap * 1000:F0} ms, loss up to {goals.MostLoss:0.###}");
        Line("");
        Line(chosen.UseCloud
            ? $"ask the cloud: lease {chosen.Lease} tokens, keep ratio {chosen.KeepRatio:0.##}, a token every {chosen.PeriodMs:F1} ms"
            : "the device answers alone");
        Line($"first token in {chosen.FirstTokenMs:F0} ms; {(chosen.UseCloud ? $"the device is ready in {chosen.ReadyInMs:F0} ms; " : "")}cloud slot {chosen.OccupancyMs:F0} ms, the whole answer there {outcome.WholeAnswerOccupancyMs:F0} ms");
        Line(chosen.Why);

        void Line(string text) => console.WriteLine(text); // as it is: no markup
        static string Machine(TuneMachine machine) => $"{machine.Name}, p {machine.PrefillTokensPerSecond:F0}, d {machine.DecodeTokensPerSecond:F1} tokens/s";
    }

    private static void Table(IAnsiConsole console, TuneResult outcome)
    {
        var table = new Table();
        foreach (var head in (string[])["choice", "lease", "keep", "period ms", "first token ms", "ready ms", "slot ms", "why"]) table.AddColumn(head);
        foreach (var choice in outcome.Considered)
        {
            table.AddRow([.. ((string[])
            [
                choice.UseCloud ? "cloud" : "device alone", choice.UseCloud ? $"{choice.Lease}" : "", choice.UseCloud ? $"{choice.KeepRatio:0.##}" : "",
                choice.UseCloud ? $"{choice.PeriodMs:F1}" : "", $"{choice.FirstTokenMs:F0}", $"{choice.ReadyInMs:F0}", $"{choice.OccupancyMs:F0}", choice.Why,
            ]).Select(Markup.Escape)]);
        }

        console.Write(table);
    }
}
