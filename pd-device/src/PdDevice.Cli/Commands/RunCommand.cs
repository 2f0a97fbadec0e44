using System.CommandLine;
using PdDevice.Core.Sampling;
using PdDevice.Device.Answers;
using PdDevice.Device.Http;
using PdDevice.Inference;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd run</c>: one question, the answer alone on standard output.</summary>
public static class RunCommand
{
    private static readonly Argument<string> Ask = new("question") { Description = "What to ask, in quotes." };

    public static Command Create()
    {
        var command = new Command("run",
            "Ask one question. The answer goes to standard output, each token as it is shown; everything else to standard error.\n\n" +
            "  pdd run \"Tell me a story about a fox and a lantern.\"\n" +
            "  pdd run \"What happened on day 7?\" --file diary.txt --cloud http://127.0.0.1:8080 --profile phone\n\n" +
            "With --cloud, the cloud makes the first tokens while this device reads the prompt; then the device goes on alone. " +
            "Without it, or when it fails, the device answers alone.")
        {
            Ask, Settings.File.Option, Settings.Task.Option, Settings.MaxTokens.Option, Settings.Temperature.Option, Settings.Seed.Option,
        };
        foreach (var option in DeviceSetup.Options) command.Options.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var text = Question.Read(result.GetValue(Ask)!, Settings.File.Of(result));
        using var cloud = DeviceSetup.Cloud(result, time);
        if (DeviceSetup.InVain(result) is { } vain) await Console.Error.WriteLineAsync($"pdd: {vain}");
        await using var loaded = await LoadedEngine.LoadAsync(result, 1, time, progress: null, attention: false, cancellationToken);
        var device = DeviceSetup.Runtime(result, loaded, cloud, time);
        foreach (var line in device.Emulated) await Console.Error.WriteLineAsync($"pdd: emulated {line}");
        var prompt = PromptText.Chat(device.Engine.Tokenizer, [new ChatMessage("user", text)]);
        var request = new AnswerRequest
        {
            Prompt = prompt.Tokens,
            Protected = prompt.Protected,
            Task = Settings.Task.Of(result),
            MaxTokens = Settings.MaxTokens.Of(result),
            Sampling = new SamplingOptions { Temperature = Settings.Temperature.Of(result), Seed = Settings.Seed.Of(result) },
        };

        var answer = device.Create(AnswerWay.PdDevice, request);
        await using var output = Console.OpenStandardOutput();
        TimeSpan? first = null;
        await AnswerPrinter.PrintAsync(answer.RunAsync(cancellationToken), output, token => first ??= token.At, cancellationToken);

        await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        Report(answer.Usage!, request.Task, first ?? TimeSpan.Zero, device, cloud?.BytesSent ?? 0);
        return 0;
    }

    private static void Report(AnswerUsage usage, string? task, TimeSpan first, Device.DeviceRuntime device, long bytesLeft)
    {
        if (usage.CloudTrouble is { } trouble) Console.Error.WriteLine($"pdd: {trouble} The device went on alone.");
        else if (usage.Plan is { UseCloud: false } plan) Console.Error.WriteLine($"pdd: answered alone: {plan.Reason}.");
        else if (task is not null && usage is { Refined: null, Plan: { } asked }) Console.Error.WriteLine($"pdd: {asked.Reason}.");
        Console.Error.WriteLine(
            $"pdd: first token after {first.TotalMilliseconds:F0} ms; {usage.PromptTokens} prompt tokens; {usage.CloudTokens} tokens from the cloud" +
            $" ({usage.CloudTokensUnused} more not used), {usage.DeviceTokens} from the device; {bytesLeft} bytes left the device");
        if (usage.Refined is { } refined)
            Console.Error.WriteLine($"pdd: refined prompt: {refined.Kept} of the {usage.PromptTokens - refined.Raw} positions after the first {refined.Raw} were kept");
        if (usage.Compatible) Console.Error.WriteLine("pdd: the cloud's weights differ from this device's, as --allow-compatible allows");
        if (device.Pace is { Valid: false } pace)
            Console.Error.WriteLine($"pdd: this run is invalid as an emulation: {pace.LateSteps} of {pace.Steps} steps were late. The machine is too slow or too busy for this profile.");
    }
}
