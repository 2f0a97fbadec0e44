using System.CommandLine;
using PdDevice.Cli;
using PdDevice.Inference;

namespace PdDevice.Benchmarks.Serving;

/// <summary>What the serving benchmarks have in common: models, threads, a smoke run.</summary>
internal static class ServingOptions
{
    public static readonly Option<string?> Model = new("--model") { Description = "A second GGUF file to measure beside the embedded model.", HelpName = "FILE" };
    public static readonly Option<bool> Smoke = new("--smoke") { Description = "Small sizes of the embedded model, once: shows that the path works, measures nothing, writes nothing." };

    public static Command Create(string name, string description, Func<ServingRun, CancellationToken, Task<TableReport>> run)
    {
        var command = new Command(name, description) { Model, Settings.Threads.Option, Smoke };
        command.SetAction(async (result, cancellationToken) =>
        {
            var smoke = result.GetValue(Smoke);
            var second = smoke ? null : result.GetValue(Model);
            if (second is not null && !File.Exists(second)) throw new CliException($"There is no model file '{second}'.");
            var report = await run(new ServingRun(second is null ? [EmbeddedModel.Path] : [EmbeddedModel.Path, Path.GetFullPath(second)], Settings.Threads.Of(result), smoke), cancellationToken);
            await report.ShowAsync(keep: !smoke, cancellationToken);
            return 0;
        });
        return command;
    }
}

/// <summary>How a benchmark is run.</summary>
/// <param name="Models">GGUF files, one after the other.</param>
/// <param name="Threads">Compute threads of each engine.</param>
/// <param name="Smoke">Small sizes: the figures mean nothing.</param>
internal sealed record ServingRun(IReadOnlyList<string> Models, int Threads, bool Smoke)
{
    public static string Name(string model) => Path.GetFileNameWithoutExtension(model);

    public static void Say(string line) => Console.Error.WriteLine($"benchmark: {line}");
}
