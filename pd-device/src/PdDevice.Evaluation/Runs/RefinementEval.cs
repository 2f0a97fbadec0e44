using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Documents;
using PdDevice.Evaluation.Tasks;
using PdDevice.Inference;

namespace PdDevice.Evaluation.Runs;

/// <summary>How far a run is.</summary>
/// <param name="Done">Prompts measured, earlier runs included.</param>
/// <param name="Total">Prompts in all.</param>
/// <param name="Left">Time left at the pace of this run; null before its first prompt.</param>
public readonly record struct EvalProgress(int Done, int Total, TimeSpan? Left);

/// <summary>Paired trials of a plan over many prompts.</summary>
/// <param name="plan">What is tried.</param>
/// <param name="device">Answers; one sequence is used.</param>
/// <param name="cloud">Its attention selects; null: the device's own.</param>
/// <param name="texts">Foreign sentences, where the plan's tasks need them.</param>
/// <param name="time">For the time left.</param>
public sealed class RefinementEval(EvalPlan plan, IEngine device, IEngine? cloud, TextFolder? texts, TimeProvider time)
{
    /// <summary>Of this plan with these models.</summary>
    public string Key { get; } = plan.Key(device.Identity.WeightsFingerprint, (cloud ?? device).Identity.WeightsFingerprint);

    /// <summary>What a reader of the figures should know of this plan with these models, a sentence each. Captures the attention of a few tokens where that tells.</summary>
    /// <exception cref="EngineException">The engine failed.</exception>
    public async Task<IReadOnlyList<string>> NotesAsync(CancellationToken cancellationToken)
    {
        if (!plan.Selectors.Contains(AttentionSelector.Early.Name)) return [];
        var engine = cloud ?? device;
        var sequence = new EvalSequence(engine);
        var attention = await sequence.CaptureAsync(engine.Tokenizer.EncodeChat([new ChatMessage("user", "?")]), 1, plan.LayerStep, cancellationToken);
        await sequence.CutAsync(0, cancellationToken);
        if (AttentionSelector.HasEarly(attention) || attention.ModelLayers < 2) return [];
        return
        [
            $"early chooses as window does here: of the model's {attention.ModelLayers} layers only number {attention.Layers[0] + 1} is read, and none of the first half. A --layer-step of at most {attention.ModelLayers - 1} reads one.",
        ];
    }

    /// <summary>Measures what the journal does not have yet.</summary>
    /// <param name="prompts">Prompts in all, numbered from 0.</param>
    /// <param name="journal">What there is.</param>
    /// <param name="progress">Told after each prompt.</param>
    /// <param name="cancellationToken">Stops; prompts that are done stay in the journal.</param>
    /// <returns>All results, by number.</returns>
    /// <exception cref="EngineException">A prompt does not fit, or the engine failed.</exception>
    public async Task<IReadOnlyList<PromptResult>> RunAsync(int prompts, Journal journal, IProgress<EvalProgress> progress, CancellationToken cancellationToken)
    {
        var results = new SortedDictionary<int, PromptResult>();
        foreach (var (number, result) in journal.Read())
            if (number < prompts)
                results[number] = result;
        var maker = new PromptMaker(plan.Seed, plan.Tasks, plan.LeastTokens, plan.MostTokens, texts, text => device.Tokenizer.Encode(text).Length);
        var run = new PromptRun(plan, Key, device, cloud);
        progress.Report(new EvalProgress(results.Count, prompts, null));
        var (started, before) = (time.GetTimestamp(), results.Count);
        await device.RunLoopAsync(async () =>
        {
            for (var number = 0; number < prompts; number++)
            {
                if (results.ContainsKey(number)) continue;
                results[number] = await run.RunAsync(maker.Make(number), cancellationToken);
                journal.Append(results[number]);
                var each = time.GetElapsedTime(started) / (results.Count - before);
                progress.Report(new EvalProgress(results.Count, prompts, each * (prompts - results.Count)));
            }
        });
        return [.. results.Values];
    }
}
