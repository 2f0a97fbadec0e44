using System.CommandLine;
using PdDevice.Benchmarks.Serving;
using PdDevice.Cli;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Refine;

/// <summary><c>refine</c>: lease and catch-up with and without a refined prompt, side by side, against the closed form.</summary>
internal static class RefineCommand
{
    private const int Context = 4096;

    /// <summary>How often a pair is measured before an answer that did not keep its pace is shown as invalid.</summary>
    private const int MostTries = 3;

    private static readonly Option<int> Runs = new("--runs") { Description = "Answers of each kind; the table shows medians.", HelpName = "N", DefaultValueFactory = _ => 3 };

    private static readonly IReadOnlyList<string> Heads =
    [
        "device, prompt, keep", "first token s", "refined s", "m", "W", "lease", "closed form", "ratio", "with margin, ratio", "caught up s", "closed form", "ratio", "cloud tokens", "assists", "slot ms",
    ];

    public static Command Create()
    {
        var command = new Command("refine", "Lease and catch-up of an emulated device on a real engine, with and without a refined prompt, over real sockets to a real cloud that reads attention.")
        {
            ServingOptions.Model, Settings.KeepRatio.Option, Settings.Threads.Option, Runs, ServingOptions.Smoke,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var smoke = result.GetValue(ServingOptions.Smoke);
        var model = (smoke ? null : result.GetValue(ServingOptions.Model)) ?? EmbeddedModel.Path;
        if (!File.Exists(model)) throw new CliException($"There is no model file '{model}'.");
        var (ratio, runs, threads) = (Settings.KeepRatio.Of(result) ?? 0.5, smoke ? 1 : Math.Max(1, result.GetValue(Runs)), Settings.Threads.Of(result));
        string[] profiles = smoke ? ["phone@600"] : ["phone", "phone-cpu"];
        int[] prompts = smoke ? [1200] : [2000, 3000];

        var options = new LlamaEngineOptions { Model = model, ContextTokens = Context, Threads = threads };
        await using var device = await LlamaEngine.LoadAsync(options, null, cancellationToken);
        await using var server = await LlamaEngine.LoadAsync(options with { Attention = true }, null, cancellationToken);
        if (!server.OffersAttention) throw new CliException($"The attention of {model} cannot be read.");
        var cloud = await EngineRatesMeter.MeasureAsync(server, TimeProvider.System, cancellationToken);

        var rows = new List<IReadOnlyList<string>>();
        var (invalid, again) = (0, 0);
        foreach (var name in profiles)
        {
            if (!EngineProfile.TryParse(name, out var profile, out var error)) throw new CliException(error);
            foreach (var prompt in prompts)
            {
                var bench = new RefineBench(device, server, cloud, profile.Rates, prompt);
                var (raw, refined) = (new List<RefineFigures>(), new List<RefineFigures>());
                for (var run = 0; run < runs; run++)
                {
                    ServingRun.Say($"refine, {name}, {prompt} tokens, run {run + 1} of {runs}");
                    var pair = await AskPairAsync(run);
                    for (var tries = 1; tries < MostTries && !(pair.Raw.Valid && pair.Refined.Valid); tries++, again++) pair = await AskPairAsync(run);
                    raw.Add(pair.Raw);
                    refined.Add(pair.Refined);
                }

                async Task<(RefineFigures Raw, RefineFigures Refined)> AskPairAsync(int run) =>
                    (await bench.AskAsync(run, keepRatio: 1, cancellationToken), await bench.AskAsync(run, ratio, cancellationToken));

                invalid += raw.Concat(refined).Count(figures => !figures.Valid);
                rows.Add(RefineFigures.Row($"{name}, {raw[0].PromptTokens:N0} tokens, all", raw));
                rows.Add(RefineFigures.Row($"{name}, {raw[0].PromptTokens:N0} tokens, keep ratio {ratio}", refined));
            }
        }

        string[] notes =
        [
            $"Medians of {runs}, each pair in turn on the same prompt; model {ServingRun.Name(model)}, end of generation held back, greedy.",
            $"Emulated: the devices' speed, {string.Join("; ", profiles.Select(name => EngineProfile.TryParse(name, out var profile, out _) ? profile.ToString() : name))}. The engines ({threads} threads each), sockets, HTTP and attention are real; the cloud prefills {cloud.PrefillTokensPerSecond:N0} tokens/s.",
            "Closed form: lease (s + W/p - T1) / (1/d - 1/p), catch-up s + (W + K)/p with K the cloud's tokens; s, m, W, T1 as they were, s not before the chunk in flight is done (m/p), and without a refined prompt s = m = 0. The planner adds a margin to the lease (2% of the prefill, a chunk, a decode step), which `with margin` adds to the form.",
            again == 0 ? "" : $"{again} pairs were measured again, because over 1% of the emulated device's steps were late.",
            invalid == 0 ? "At most 1% of the emulated devices' steps were late." : $"{invalid} answers are INVALID: over 1% of the emulated device's steps were late.",
        ];
        await TableReport.Here("catchup", Heads, rows, [.. notes.Where(note => note.Length > 0)], "refinement.md").ShowAsync(keep: !smoke, cancellationToken);
        return 0;
    }
}
