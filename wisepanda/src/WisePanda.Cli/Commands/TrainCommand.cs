using System.CommandLine;
using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda train</c>: makes a model from generated pairs.</summary>
public static class TrainCommand
{
    private static readonly Option<string> Model = new("--model") { Description = "The file to write.", Required = true };
    private static readonly Option<int> Groups = new("--groups") { Description = "Generated groups of 100 pairs, 1 to 10000.", DefaultValueFactory = _ => new ModelOptions().Groups };
    private static readonly Option<int> Seeds = new("--seeds") { Description = "Networks whose answers are averaged, 1 to 100.", DefaultValueFactory = _ => new ModelOptions().Seeds };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of everything drawn: the same seed makes the same model.", DefaultValueFactory = _ => new ModelOptions().Seed };
    private static readonly Option<bool> Convolutions = new("--convolutions") { Description = "Convolutions over the gap of the best fit, beside the log costs." };
    private static readonly Option<double> Augment = new("--augment") { Description = "Share of the training pairs that are warped and worn once more, 0 to 1.", DefaultValueFactory = _ => new ModelOptions().Augment };

    public static Command Create()
    {
        var command = new Command("train", "Train the network on generated pairs. No real pair is read.") { Model, Groups, Seeds, Seed, Convolutions, Augment };
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, cancellationToken)));
        return command;
    }

    private static int Run(ParseResult result, CancellationToken cancellationToken)
    {
        var options = new ModelOptions(
            Ranges.Check(result, Groups, 1, 10_000), Ranges.Check(result, Seeds, 1, 100), result.GetValue(Seed), result.GetValue(Convolutions), Ranges.Check(result, Augment, 0, 1));
        ModelFile.Write(result.GetValue(Model)!, Train(options, cancellationToken));
        return 0;
    }

    /// <summary>Trains with progress on standard error.</summary>
    internal static MatchModel Train(ModelOptions options, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        string Elapsed() => $"{TimeProvider.System.GetElapsedTime(start).TotalSeconds,4:F0} s";
        var model = ModelTrainer.Train(options,
            line => Console.Error.WriteLine($"{Elapsed()}  {line}"),
            step => Console.Error.WriteLine($"{Elapsed()}  member {step.Seed}, epoch {step.Epoch}: loss {step.Loss:F3}, hold-out {step.HoldOut:F3}"),
            cancellationToken);
        Console.Error.WriteLine($"{Elapsed()}  done");
        return model;
    }
}
