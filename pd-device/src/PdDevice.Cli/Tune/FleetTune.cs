using System.CommandLine;
using PdDevice.Core.Planning.Fleet;
using Spectre.Console;

namespace PdDevice.Cli.Tune;

/// <summary>A fleet as it was tried. Loads in requests/s.</summary>
/// <param name="Machines">Mixed, or prefill and decode.</param>
/// <param name="BatchSize">Slots of a machine.</param>
/// <param name="QueueLimit">Waiting requests per accelerator.</param>
/// <param name="Lease">How long the cloud works on an answer.</param>
/// <param name="Load">Highest that meets the objectives.</param>
/// <param name="GoodputPerAccelerator">Requests/s that meet them, over all accelerators.</param>
/// <param name="Bound">What it cannot exceed; null where nothing bounds it.</param>
/// <param name="Evaluated">False: the bound ruled it out.</param>
public sealed record FleetRow(string Machines, int BatchSize, int QueueLimit, string Lease, double Load, double GoodputPerAccelerator, double? Bound, bool Evaluated)
{
    internal static FleetRow Of(FleetCandidate candidate) => new(
        candidate.Settings.Pools ? $"{candidate.Settings.PrefillMachines} prefill + {candidate.Settings.DecodeMachines} decode" : $"{candidate.Settings.MixedMachines} mixed",
        candidate.Settings.BatchSize, candidate.Settings.QueueLimit, candidate.Settings.Lease.ToString(), candidate.Load, candidate.GoodputPerAccelerator,
        double.IsFinite(candidate.Bound) ? candidate.Bound : null, candidate.Evaluated);
}

/// <summary>What <c>pdd tune --fleet</c> found.</summary>
/// <param name="Accelerators">Of the fleet.</param>
/// <param name="OutputTokens">Mean length of an answer, rounded.</param>
/// <param name="Trace">What it was planned for; null: requests of one size.</param>
/// <param name="AttainableShare">Of all requests those that an idle fleet with some of these settings serves within the objectives.</param>
/// <param name="Ceiling">(Prefill + full decode) / prefill of a machine: what leases can gain at most in its time. Waiting comes on top.</param>
/// <param name="Best">Most goodput per accelerator; null: nothing meets the objectives.</param>
/// <param name="BestWhole">The same of those that make whole answers.</param>
/// <param name="Considered">All settings, in the order of the search.</param>
public sealed record FleetTuneResult(
    int Accelerators, int OutputTokens, TuneTrace? Trace, double AttainableShare, double Ceiling, FleetRow? Best, FleetRow? BestWhole, IReadOnlyList<FleetRow> Considered);

/// <summary><c>pdd tune --fleet N</c>: the settings of a fleet for requests of one size, or for a trace's.</summary>
internal static class FleetTune
{
    /// <summary>Of the requests that an idle fleet serves within the objectives, the share that has to be under load.</summary>
    private const double LeastMetShare = 0.9;

    private const double Idle = 1e-6; // requests/s
    private static readonly int[] Batches = [32, 64, 128, 256, 512];
    private static readonly int[] Queues = [4, 16, 64];

    public static FleetTuneResult Plan(ParseResult result, TuneSetup setup, int accelerators, FleetSizes sizes)
    {
        var cloud = Settings.TuneCloud.Of(result)!.With(setup.Model);
        var input = setup.Input;
        var scene = new FleetScene(
            sizes.Cells, [new DeviceClass(setup.Device.Name, 1, input.Device, input.RoundTrip)], cloud, cloud.Positions,
            Math.Min(input.MaxTokens, input.MostLease), setup.ObjectivesName == "relative", setup.Quality, setup.Objectives.MostLoss);
        var model = new FleetModel(scene);
        LeasePolicy[] leases = [LeasePolicy.Whole, .. setup.Quality.Points.ToArray().Select(point => LeasePolicy.Bounded with { LeastKeepRatio = point.KeepRatio })];
        var space = new FleetSpace(FleetSpace.Splits(accelerators), Batches, Queues, leases, [1]);
        var attainable = space.All().Max(settings => model.Evaluate(settings, Idle).MetShare);
        var objectives = new FleetObjectives(LeastMetShare * attainable, 0.05, 1.02, 600); // 0.05 to 7,200 requests/s
        var plan = attainable > 0 ? Best(space) : new FleetPlan(null, [], 0);
        var whole = attainable > 0 ? Best(space with { Leases = [LeasePolicy.Whole] }) : plan;
        return new FleetTuneResult(
            accelerators, (int)Math.Round(sizes.MeanOutput), sizes.Trace, Math.Round(attainable, 4), sizes.Ceiling(cloud, Batches[^1]), Row(plan.Best), Row(whole.Best), [.. plan.Considered.Select(FleetRow.Of)]);

        FleetPlan Best(FleetSpace choices) => FleetPlanner.Best(choices, model.Evaluate, objectives, settings => model.Bound(settings, objectives.LeastMetShare));
        static FleetRow? Row(FleetCandidate? candidate) => candidate is null ? null : FleetRow.Of(candidate);
    }

    public static void Show(IAnsiConsole console, FleetTuneResult fleet, bool explain)
    {
        console.WriteLine();
        if (fleet.Trace is { } trace)
            console.WriteLine($"trace {trace.Name}: {trace.Requests:N0} requests, mean prompt {trace.MeanPrompt:N1}, mean answer {trace.MeanOutput:N1} tokens; {trace.CutAnswers:N0} answers cut at {Settings.MaxTokens.Flag}, {trace.SkippedLines:N0} lines without prompt or answer skipped, {trace.OutOfOrderLines:N0} out of order");
        console.WriteLine($"fleet of {fleet.Accelerators}, answers of {fleet.OutputTokens} tokens on average; {fleet.AttainableShare:0.0%} can be within the objectives when it is idle, {LeastMetShare:P0} of those have to be (computed, not simulated):");
        console.WriteLine(fleet.Best is { } best
            ? $"{best.Machines}, batch of {best.BatchSize}, {best.QueueLimit} waiting per accelerator, {best.Lease}: {best.GoodputPerAccelerator:F2} requests/s per accelerator"
            : "nothing meets the objectives, at any load");
        if (fleet is { Best: { } chosen, BestWhole: { } whole })
            console.WriteLine($"with whole answers at best {whole.GoodputPerAccelerator:F2} ({whole.Machines}, batch of {whole.BatchSize}): {chosen.GoodputPerAccelerator / whole.GoodputPerAccelerator:F2} times; in a machine's time alone, (prefill + full decode) / prefill, leases gain {fleet.Ceiling:F2} times at most");
        if (!explain) return;
        var table = new Table();
        foreach (var head in (string[])["machines", "batch", "waiting", "lease", "load/s", "per accelerator", "bound"]) table.AddColumn(head);
        foreach (var row in fleet.Considered.Where(row => row.Evaluated))
            table.AddRow(
                row.Machines, $"{row.BatchSize}", $"{row.QueueLimit}", Markup.Escape(row.Lease), $"{row.Load:F1}", $"{row.GoodputPerAccelerator:F2}",
                row.Bound is { } bound ? $"{bound:F2}" : "");
        console.Write(table);
        var ruledOut = fleet.Considered.Where(row => !row.Evaluated).ToList();
        if (ruledOut.Count > 0) console.WriteLine($"{ruledOut.Count} others were ruled out by their bound: none can exceed {ruledOut.Max(row => row.Bound):F2}");
    }
}
