using System.CommandLine;
using System.Text.Json;
using PdDevice.Cli.Demo;
using PdDevice.Core.Sampling;
using PdDevice.Device.Http;
using PdDevice.Inference.StandIns;
using Spectre.Console;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd demo</c>: one question answered three ways on the same engines, side by side.</summary>
public static class DemoCommand
{
    private const int LeastPrompt = 1500;
    private const int MostPrompt = 1700;
    private const string HeldBack = "End of generation is held back, so that every way makes the same number of tokens.";
    private const string DefaultProfile = "phone";
    private const string DefaultLink = "rtt=40ms,up=10mbit,down=40mbit";

    private static readonly (AnswerWay Way, string Name, string What)[] Ways =
    [
        (AnswerWay.DeviceOnly, "device-only", "the device prefills the whole prompt before its first token"),
        (AnswerWay.CloudOnly, "cloud-only", "the cloud holds a slot for the whole answer"),
        (AnswerWay.PdDevice, "pd-device", "the cloud begins, the device catches up and takes over"),
    ];

    public static Command Create()
    {
        var command = new Command("demo",
            "Start a cloud and a device on this machine and answer one question three ways: by the device alone, by the cloud alone, and by both.\n" +
            "The device's speed and the network are emulated and say so; engine, weights, processes and sockets are real.\n" +
            $"Without --profile the device is a {DefaultProfile}, without --link the network {DefaultLink}.")
        {
            Settings.Model.Option, Settings.Profile.Option, Settings.Link.Option, Settings.DemoTokens.Option, Settings.Json.Option,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var screen = new DemoScreen(Console.IsOutputRedirected ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No }) : AnsiConsole.Console);
        var model = Settings.Model.Of(result) is { } file ? (string[])["--model", file] : [];
        var profile = Settings.Profile.Of(result)?.Name ?? DefaultProfile;
        var link = Settings.Link.Of(result)?.ToString() ?? DefaultLink;
        var json = Settings.Json.Of(result);
        if (json is not null && (Directory.Exists(json) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(json)))))
            throw new CliException($"{json} is a folder, or its folder does not exist. Choose another file for --json.");

        // Every way starts cold: the cloud keeps no KV of the way before.
        screen.Progress("starting the cloud ...");
        await using var cloud = await ChildServer.StartAsync(["cloud", "--listen", "127.0.0.1:0", "--slots", "1", "--prefix-memory", "0", .. model], screen.Progress, cancellationToken);
        screen.Progress("starting the device ...");
        await using var device = await ChildServer.StartAsync(
            ["device", "--listen", "127.0.0.1:0", "--cloud", cloud.Address.ToString(), "--profile", profile, "--link", link, .. model], screen.Progress, cancellationToken);
        using var client = new DeviceClient(device.Address);
        var info = await client.InfoAsync(cancellationToken);
        var (prompt, promptTokens) = await PromptAsync(client, cancellationToken);
        screen.EndProgress();

        screen.Line($"[bold]P/D-Device demo[/]  {Markup.Escape(info.Model.Model)}, prompt {promptTokens} tokens, answer {Settings.DemoTokens.Of(result)} tokens");
        screen.Line($"[grey]machine:  {Markup.Escape(Machine.Name)}[/]");
        foreach (var line in info.Emulated) screen.Line($"[yellow]emulated[/][grey] {Markup.Escape(line)}[/]");
        screen.Line($"[grey]{HeldBack} \"{Markup.Escape(DemoDocument.Question)}\"[/]");
        screen.Legend();

        var ways = new List<WayResult>();
        foreach (var (way, name, what) in Ways)
        {
            screen.BeginWay(name, what);
            var body = new AnswerBody(prompt, way, Settings.DemoTokens.Of(result), new SamplingOptions { IgnoreEndOfGeneration = true }, Cold: true);
            ways.Add(await AskAsync(client, body, name, screen, cancellationToken));
        }

        info = await client.InfoAsync(cancellationToken);
        var valid = new PaceReport(info.Steps, info.LateSteps, TimeSpan.Zero).Valid;
        var outcome = new DemoResult(
            Machine.Name, info.Model.Model, new DemoEmulation(info.Emulated[0], info.Emulated[^1], info.Steps, info.LateSteps, valid),
            new DemoPrompt(promptTokens), HeldBack, ways);
        screen.Table(outcome);
        if (!valid)
            screen.Line($"[red]This run is invalid as an emulation: {info.LateSteps} of {info.Steps} device steps were late. The machine is too busy, or too slow for {Markup.Escape(profile)}; try {Markup.Escape(profile.Split('@')[0])}@60.[/]");
        if (json is not null) await File.WriteAllBytesAsync(json, JsonSerializer.SerializeToUtf8Bytes(outcome, DemoJson.Default.DemoResult), cancellationToken);
        return 0;
    }

    private static async Task<WayResult> AskAsync(DeviceClient client, AnswerBody body, string way, DemoScreen screen, CancellationToken cancellationToken)
    {
        var tokens = new List<TokenEvent>();
        EndEvent? end = null;
        await foreach (var item in client.AskAsync(body, cancellationToken))
        {
            switch (item)
            {
                case ProgressEvent progress when tokens.Count == 0:
                    screen.Progress(body.Way == AnswerWay.CloudOnly ? "the cloud prefills ..." : $"the device prefills: {progress.Ingested} of {progress.Total} tokens");
                    break;
                case TokenEvent token:
                    tokens.Add(token);
                    screen.Token(token);
                    break;
                case EndEvent last:
                    end = last;
                    break;
            }
        }

        screen.EndWay();
        if (end is null || tokens.Count == 0) throw new CliException($"The answer of {way} ended before its end.");
        if (end.CloudTrouble is { } trouble) screen.Line($"[yellow]{Markup.Escape(trouble)} The device went on alone.[/]");
        if (end.Plan is { } plan) screen.Line($"[grey]plan: {Markup.Escape(plan)}[/]");
        return WayResult.From(way, tokens, end);
    }

    /// <summary>Days of a diary until the prompt has 1,500 tokens for this model.</summary>
    private static async Task<(string Prompt, int Tokens)> PromptAsync(DeviceClient client, CancellationToken cancellationToken)
    {
        var days = new List<string>();
        foreach (var day in new DemoDocument(seed: 1).Days())
        {
            days.Add(day);
            if (days.Count < 10) continue;
            var prompt = DemoDocument.Prompt(days);
            var tokens = await client.CountAsync(prompt, cancellationToken);
            if (tokens > MostPrompt) break;
            if (tokens >= LeastPrompt) return (prompt, tokens);
        }

        throw new CliException($"This model's tokenizer cannot make a prompt of {LeastPrompt} to {MostPrompt} tokens.");
    }
}
