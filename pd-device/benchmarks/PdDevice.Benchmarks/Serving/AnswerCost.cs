using System.CommandLine;
using PdDevice.Cloud;
using PdDevice.Core.Planning;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>cost</c>: what an answer costs the cloud when it makes the lease only, against making all of it.</summary>
internal static class AnswerCost
{
    private static readonly EngineProfile Profile = EngineProfile.All.Single(p => p.Name == "phone");
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(40);

    public static Command Create() => ServingOptions.Create("cost",
        "Slot-seconds and decode tokens of an answer, and answers a minute: the lease of the closed form against full answers, over a grid of prompts and answers.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var (prompts, answers) = run.Smoke ? ((int[])[128], (int[])[100]) : ([128, 512, 1500], [100, 300, 1000]);
        var rows = new List<string[]>();
        foreach (var model in run.Models)
        {
            await using var cloud = await BenchCloud.OpenAsync(model, new CloudOptions { PrefixBytes = 0, MaxStall = TimeSpan.Zero }, 2560, run.Threads, cancellationToken);
            await ServeAsync(cloud, prompts[^1], 20); // warm
            foreach (var prompt in prompts)
            {
                var prefill = await ServeAsync(cloud, prompt, 1);
                foreach (var answer in answers)
                {
                    ServingRun.Say($"cost, {ServingRun.Name(model)}, {prompt} + {answer} tokens");
                    rows.Add(await CellAsync(cloud, ServingRun.Name(model), prompt, answer, prefill.Seconds));
                }
            }
        }

        return TableReport.Here(
            "cost",
            ["model, prompt + answer", "lease", "slot s: full", "slot s: lease", "slot ratio", "decode tokens ratio", "answers/min: full", "answers/min: lease", "machine ratio", "its ceiling"],
            rows,
            [
                $"Lease: closed form of design section 6 for the emulated profile `{Profile.Name}` (p {Profile.Rates.PrefillTokensPerSecond:F0}, d {Profile.Rates.DecodeTokensPerSecond:F0} tokens/s, p/d {Profile.Rates.PrefillTokensPerSecond / Profile.Rates.DecodeTokensPerSecond:F1}), the cloud's rates measured when idle, and {RoundTrip.TotalMilliseconds:F0} ms round trip; 0: the cloud is not worth asking.",
                "Four slots, kept full by four answers at a time; no stall bound and no prefix reuse. Three different ratios: slot-seconds, decode tokens, and machine time (answers a minute), whose ceiling is (prefill + full decode) / prefill as measured.",
            ]);
    }

    private static async Task<string[]> CellAsync(BenchCloud cloud, string model, int prompt, int answer, double prefillSeconds)
    {
        var plan = AssistPlanner.Plan(new PlanInput(prompt, answer, Profile.Rates, cloud.Rates, RoundTrip, answer, TimeSpan.Zero));
        var full = await ServeAsync(cloud, prompt, answer);
        var title = $"{model}, {prompt:N0} + {answer:N0}";
        var ceiling = full.Seconds / prefillSeconds;
        if (plan.Lease == 0)
            return [title, "0", $"{full.Slot:N2}", "0", "", "", $"{full.PerMinute:N1}", "", "", $"{ceiling:N1}"];
        var lease = await ServeAsync(cloud, prompt, plan.Lease);
        return
        [
            title, $"{plan.Lease}", $"{full.Slot:N2}", $"{lease.Slot:N2}", $"{full.Slot / lease.Slot:N1}", $"{(double)answer / plan.Lease:N1}",
            $"{full.PerMinute:N1}", $"{lease.PerMinute:N1}", $"{lease.PerMinute / full.PerMinute:N1}", $"{ceiling:N1}",
        ];
    }

    private static async Task<Served> ServeAsync(BenchCloud cloud, int prompt, int tokens)
    {
        const int batch = 4;
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var all = Enumerable.Range(0, batch).Select(i => cloud.Start(BenchCloud.Prompt(i, prompt), tokens)).ToArray();
        await Task.WhenAll(all.Select(BenchCloud.ReadAsync));
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        if (all.Any(g => g.End!.Decoded != tokens)) throw new InvalidOperationException("An answer ended early: the figures would mean nothing.");
        return new Served(all.Average(g => g.End!.Occupancy.TotalSeconds), seconds, batch * 60 / seconds);
    }

    private sealed record Served(double Slot, double Seconds, double PerMinute);
}
