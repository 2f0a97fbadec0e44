using System.CommandLine;
using System.Text.Json;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Documents;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;
using PdDevice.Evaluation.Tasks;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd eval refinement</c>: what answers lose by a refined prompt.</summary>
public static class EvalCommand
{
    // A question and the chat template's own words, beside the document.
    private const int RoomForQuestion = 400;

    public static Command Create()
    {
        var refinement = new Command("refinement",
            "Answer generated questions after the raw prompt and after refined ones, in pairs, and write how often they are right.\n" +
            "A file beside --json with .journal at its end keeps what is measured; the same command goes on after an interruption.")
        {
            Settings.Model.Option, Settings.Threads.Option, Settings.EvalCloudModel.Option, Settings.EvalPrompts.Option, Settings.EvalRatios.Option,
            Settings.EvalSelectors.Option, Settings.EvalRawShares.Option, Settings.EvalTasks.Option, Settings.EvalTokens.Option, Settings.EvalTexts.Option,
            Settings.EvalQueries.Option, Settings.EvalLayerStep.Option, Settings.EvalUnit.Option, Settings.Seed.Option, Settings.Json.Option,
        };
        refinement.SetAction(RunAsync);
        return new Command("eval", "Measure the quality of answers.") { refinement };
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var json = Settings.Json.Of(result) is { Length: > 0 } path ? path : throw new CliException($"Say where the results go: {Settings.Json.Flag} FILE.");
        if (Directory.Exists(json) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(json))))
            throw new CliException($"{json} is a folder, or its folder does not exist. Choose another file for {Settings.Json.Flag}.");
        var folder = Settings.EvalTexts.Of(result);
        var texts = folder is null ? null : TextFolder.Read(folder);
        var plan = Plan(result, texts);
        if (plan.Tasks.Contains(EvalTask.Texts) && texts is null) throw new CliException($"The task texts needs {Settings.EvalTexts.Flag} FOLDER.");

        var attention = plan.Selectors.Any(name => Selectors.Find(name)!.NeedsAttention);
        var cloudModel = Settings.EvalCloudModel.Of(result);
        await using var device = await LoadAsync(result, Settings.Model.Of(result), plan, attention && cloudModel is null, cancellationToken);
        await using var cloud = cloudModel is null ? null : await LoadAsync(result, cloudModel, plan, attention, cancellationToken);
        if (cloud is not null && cloud.Identity.TokenizerFingerprint != device.Identity.TokenizerFingerprint)
            throw new CliException($"The models of {Settings.Model.Flag} and {Settings.EvalCloudModel.Flag} have different tokenizers: positions of one mean nothing to the other.");
        if (attention && !(cloud ?? device).OffersAttention)
            throw new CliException($"This model's attention cannot be read. Choose {Settings.EvalSelectors.Flag} uniform,recency,random, or another model.");

        var eval = new RefinementEval(plan, device, cloud, texts, TimeProvider.System);
        var notes = await eval.NotesAsync(cancellationToken);
        foreach (var note in notes) await Console.Error.WriteLineAsync($"pdd eval: {note}");
        var prompts = Settings.EvalPrompts.Of(result);
        var results = await EvalScreen.WatchAsync(progress => eval.RunAsync(prompts, new Journal($"{json}.journal", eval.Key), progress, cancellationToken));
        var report = ReportBuilder.Report(Machine.Name, device.Identity, cloud?.Identity, folder, plan, results, notes);
        await File.WriteAllBytesAsync(json, JsonSerializer.SerializeToUtf8Bytes(report, EvalJson.Default.RefinementReport), cancellationToken);
        EvalScreen.Show(report);
        return 0;
    }

    private static EvalPlan Plan(ParseResult result, TextFolder? texts)
    {
        var (least, most) = Settings.EvalTokens.Of(result);
        var seed = Settings.Seed.Of(result);
        if (seed > int.MaxValue) throw new CliException($"{Settings.Seed.Flag} is at most {int.MaxValue} here.");
        return new EvalPlan(
            Settings.EvalTasks.Of(result)!, Settings.EvalSelectors.Of(result)!, Settings.EvalRatios.Of(result)!, Settings.EvalRawShares.Of(result)!,
            least, most, (int)seed, Settings.EvalQueries.Of(result), Settings.EvalLayerStep.Of(result), Settings.EvalUnit.Of(result), texts?.Fingerprint);
    }

    private static async Task<IEngine> LoadAsync(ParseResult result, string? model, EvalPlan plan, bool attention, CancellationToken cancellationToken)
    {
        IEngine engine = model == LoadedEngine.Scripted
            ? new ScriptedEngine(1, 1 << 17)
            : await LlamaEngine.LoadAsync(
                new LlamaEngineOptions { Model = model ?? EmbeddedModel.Path, Threads = Settings.Threads.Of(result), Attention = attention }, null, cancellationToken);
        if (engine.ContextTokens >= plan.MostTokens + RoomForQuestion) return engine;
        await engine.DisposeAsync();
        throw new CliException($"This model has a context of {engine.ContextTokens} positions; documents of {plan.MostTokens} tokens and their questions need {plan.MostTokens + RoomForQuestion}. Ask for shorter ones ({Settings.EvalTokens.Flag}).");
    }
}
