using System.CommandLine;
using System.Text.Json;
using PdDevice.Cli;
using PdDevice.Inference;
using Spectre.Console;

namespace PdDevice.Benchmarks.Speed;

/// <summary><c>speed</c>: the cloud's batch loop and the device alone against node-llama-cpp and against the bare binding.</summary>
internal static class SpeedCommand
{
    public const string Block = "speed";

    private static readonly Option<string?> Model = new("--model") { Description = "A second GGUF file to measure beside the embedded model.", HelpName = "FILE" };
    private static readonly Option<int> Runs = new("--runs") { Description = "Times every side is started, in turn.", DefaultValueFactory = _ => 5 };
    private static readonly Option<bool> Smoke = new("--smoke") { Description = "A few tokens of the embedded model, once: shows that the path works, measures nothing." };
    private static readonly Option<string?> Json = new("--json") { Description = "Write the results there, and leave the README as it is.", HelpName = "FILE" };

    private static readonly string[] Sides = [SpeedSideCommand.Cloud, NodePeer.Name, SpeedSideCommand.Bare, SpeedSideCommand.Device];

    public static string Report => Path.Combine(House.Results, "speed.json");

    public static Command Create()
    {
        var command = new Command("speed",
            "Prefill and decode tokens/s at 1, 4 and 16 streams: `pdd cloud`'s batch loop and `pdd run` without a cloud, against node-llama-cpp and the bare binding on the same libraries.\n" +
            "Writes benchmarks/results/speed.json and the README's table. About ten minutes with a model of 135M parameters; leave the machine alone meanwhile.")
        {
            Model, Runs, Settings.Threads.Option, Json, Smoke,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var (smoke, threads, json) = (result.GetValue(Smoke), Settings.Threads.Of(result), result.GetValue(Json));
        var runs = smoke ? 1 : result.GetValue(Runs);
        if (runs < 1) throw new CliException("--runs must be at least 1.");
        string[] files = result.GetValue(Model) is { } second && !smoke ? [EmbeddedModel.Path, Path.GetFullPath(second)] : [EmbeddedModel.Path];
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing) throw new CliException($"There is no model file '{missing}'.");

        var skipped = new Dictionary<string, string>();
        if (await NodePeer.PrepareAsync(cancellationToken) is { } reason) skipped[NodePeer.Name] = reason;
        using var runner = new SpeedRunner([.. Sides.Except(skipped.Keys)], line => Console.Error.WriteLine($"speed: {line}"));
        var models = new List<SpeedModel>();
        SpeedPlan? plan = null;
        foreach (var file in files)
        {
            Console.Error.WriteLine($"speed: {Path.GetFileName(file)}");
            plan = smoke ? SpeedPlan.Smoke(file, threads) : await runner.CalibratedAsync(SpeedPlan.Full(file, threads), cancellationToken);
            models.Add(new SpeedModel(Path.GetFileNameWithoutExtension(file), await runner.MeasureAsync(plan, runs, cancellationToken)));
        }

        var report = new SpeedReport(Machine.Name, threads, runs, plan!.BatchTokens, runner.Build!, runner.Versions, skipped, models);
        SpeedTable.Write(report, AnsiConsole.Console);
        Console.WriteLine($"{report.Machine}; {threads} thread(s), {runs} run(s)");
        foreach (var (side, why) in skipped) Console.WriteLine($"not measured: {side}, for {why}");
        if (json is not null || !smoke) await File.WriteAllBytesAsync(json ?? Report, JsonSerializer.SerializeToUtf8Bytes(report, SpeedJson.Default.SpeedReport), cancellationToken);
        if (json is null && !smoke)
            await File.WriteAllTextAsync(House.Readme, ReadmeBlock.Replace(await File.ReadAllTextAsync(House.Readme, cancellationToken), Block, SpeedTable.Markdown(report)), cancellationToken);
        return 0;
    }
}
