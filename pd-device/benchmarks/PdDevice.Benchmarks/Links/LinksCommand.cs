using System.CommandLine;
using PdDevice.Benchmarks.Serving;
using PdDevice.Cli;
using PdDevice.Core.Planning;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Links;

/// <summary><c>links</c>: answers over links replayed from traces, against the same devices alone.</summary>
internal static class LinksCommand
{
    private const string Embedded = "embedded";

    private static readonly Option<string?> Traces = new("--traces") { Description = "A folder with NAME.up and NAME.down (mahimahi) and a CSV of pings.", HelpName = "FOLDER" };
    private static readonly Option<string?> Model = new("--model") { Description = $"Asks 10 answers of this model too, one after the other; `{Embedded}` is the embedded one.", HelpName = "FILE" };
    private static readonly Option<string> Assumed = new("--assumed") { Description = "Capacity of the link of which only the pings are known.", HelpName = "LINK", DefaultValueFactory = _ => "up=20mbit,down=100mbit" };
    private static readonly Option<string> Profile = new("--profile") { Description = "The emulated devices.", HelpName = "NAME", DefaultValueFactory = _ => "phone" };

    // A cloud of many slots: a batch of 20 decode steps takes 20 ms, a prompt of 500 tokens 100 ms.
    private static readonly EngineRates CloudRates = new(5000, 1000);
    private static readonly LinkLoad Real = new(10, 1, 120, 1200, 2400, TimeSpan.Zero);

    public static Command Create()
    {
        var command = new Command("links", "TTFT and gaps of answers over links replayed from traces, as their clients see them, against the same devices alone; and of throttled devices.")
        {
            Traces, Model, Assumed, Profile, ServingOptions.Smoke,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var smoke = result.GetValue(ServingOptions.Smoke);
        if (!EngineProfile.TryParse(smoke ? "phone@1500" : result.GetValue(Profile)!, out var profile, out var error)) throw new CliException(error);
        var cases = Cases(result, smoke);
        var rows = new List<IReadOnlyList<string>>();
        var load = smoke ? new LinkLoad(4, 4, 20, 1700, 1900, TimeSpan.FromMilliseconds(100)) : new LinkLoad(200, 20, 120, 300, 700, TimeSpan.FromSeconds(3));
        var notes = new List<string>
        {
            $"{load.Answers} answers of {load.Tokens} tokens to prompts of {load.LeastPrompt} to {load.MostPrompt} characters by {load.AtOnce} devices at a time, read from the devices' sockets; of a real model {Real.Answers}, one after the other, to prompts of {Real.LeastPrompt} to {Real.MostPrompt}.",
            "Gaps and TPOT in TPOTs of the devices alone; after catch-up: between tokens the device made; machine's: those in which a timer of the machine was over 10 ms late.",
            $"Emulated: devices {profile}; scripted engines, their cloud at {CloudRates.PrefillTokensPerSecond:N0} prefill and {CloudRates.DecodeTokensPerSecond:N0} decode tokens/s of all together; links. Each device has a link, an engine and an endpoint of its own; sockets and HTTP are real.",
            "Throttled: to a third of its speed from the middle of the prefill on; over the link against device-only throttled. Target of a link: p99.9 gap at most 1.25, mean TPOT at most 1.05; of one that goes silent for a second or more: TTFT at worst 20 ms above device-only's, no gap over 1.25 after catch-up.",
        };

        await new LinkTable(new LinkBench(load, profile.Rates, _ => new ScriptedEngine(1, 2048)), profile.Rates, "scripted", rows, notes)
            .FillAsync(() => LinkCloud.StartAsync(new PacedEngine(new ScriptedEngine(load.AtOnce, 2048), CloudRates, TimeProvider.System), CloudRates, load.AtOnce), cases, cancellationToken);
        if (!smoke && result.GetValue(Model) is { } model) await AskRealAsync(model == Embedded ? EmbeddedModel.Path : model, profile, cases, rows, notes, cancellationToken);

        await TableReport.Here("links", LinkFigures.Heads, rows, notes).ShowAsync(keep: !smoke, cancellationToken);
        return 0;
    }

    private static IReadOnlyList<LinkCase> Cases(ParseResult result, bool smoke)
    {
        if (!smoke && !Directory.Exists(result.GetValue(Traces))) throw new CliException("Which links? --traces names the folder that holds them; --smoke makes its own.");
        var made = smoke ? Directory.CreateTempSubdirectory("pdd-links-").FullName : null;
        try
        {
            if (made is not null) LinkCase.MakeUp(made);
            return LinkCase.In(made ?? result.GetValue(Traces)!, result.GetValue(Assumed)!);
        }
        catch (FormatException exception)
        {
            throw new CliException(exception.Message);
        }
        finally
        {
            if (made is not null) Directory.Delete(made, recursive: true);
        }
    }

    private static async Task AskRealAsync(
        string model, EngineProfile profile, IReadOnlyList<LinkCase> cases, List<IReadOnlyList<string>> rows, List<string> notes, CancellationToken cancellationToken)
    {
        if (!File.Exists(model)) throw new CliException($"There is no model file '{model}'.");
        var options = new LlamaEngineOptions { Model = model, ContextTokens = 2048 };
        await using var device = await LlamaEngine.LoadAsync(options, null, cancellationToken);
        await using var server = await LlamaEngine.LoadAsync(options, null, cancellationToken);
        var rates = await EngineRatesMeter.MeasureAsync(server, TimeProvider.System, cancellationToken);
        await new LinkTable(new LinkBench(Real, profile.Rates, _ => device), profile.Rates, ServingRun.Name(model), rows, notes)
            .FillAsync(() => LinkCloud.StartAsync(server, rates, slots: 1), cases, cancellationToken);
    }
}
