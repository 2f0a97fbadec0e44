using PdDevice.Simulation;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Reports;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Cli.Simulate;

/// <summary>Carries a plan out.</summary>
public sealed class SimulationRun(SimulationPlan plan, SimulationScreen screen)
{
    private const int Glance = 1 << 16; // requests between two looks at how far the survey is

    /// <summary>Runs every policy; broken off, the report is of what had ended by then and says so.</summary>
    /// <exception cref="TraceException">The trace cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Broken off before the trace was read once: there is nothing to report.</exception>
    public SimulationReport Run(CancellationToken cancellationToken)
    {
        var (notes, prompt, output, rate) = Survey(cancellationToken);
        var scaling = new TraceScaling(plan.Load, plan.OutputMean is { } mean ? mean / output : 1, plan.Requests, plan.Spread.Ticks, plan.Setup.Seed);
        var requests = plan.Requests > 0 ? plan.Requests : notes.Requests;
        var comparison = new Comparison(plan.Setup, plan.Quality, () => TraceReader.Read(plan.Trace), scaling);
        var (results, best, loads) = (new List<PolicyResult>(), new List<PolicyResult>(), new List<LoadPoint>());
        if (plan.Search) Find(comparison, scaling, requests, rate, best, loads, cancellationToken);
        foreach (var policy in plan.Policies)
        {
            if (cancellationToken.IsCancellationRequested) break;
            var settings = best.Find(found => found.Policy == policy)?.Settings ?? PolicyCatalog.Usual(policy, plan.Setup.Cloud.Machines);
            screen.Begin();
            var run = comparison.Run(policy, settings, plan.Load, done => screen.Progress(policy, done, requests), cancellationToken);
            if (run.Answers > 0) results.Add(run); // none: broken off before the first one had ended
        }

        if (plan.Report is not null) screen.Status("P/D-Device at each keep ratio");
        IReadOnlyList<ParetoPoint> pareto = plan.Report is not null && plan.Policies.Contains(PolicyCatalog.PdDevice) ? [.. comparison.Pareto(plan.Load, cancellationToken)] : [];
        screen.EndProgress();
        return new SimulationReport
        {
            Trace = Path.GetFileName(plan.Trace), Requests = requests, SkippedLines = notes.Empty, OutOfOrderLines = notes.OutOfOrder,
            Synthetic = [.. Synthetic(scaling, notes.Requests)], MeanPrompt = Math.Round(prompt, 1), MeanOutput = Math.Round(output * scaling.OutputFactor, 1),
            Seed = plan.Setup.Seed, Cloud = plan.CloudName, Machines = plan.Setup.Cloud.Machines, Model = plan.Model,
            Devices = string.Join(", ", plan.Setup.Devices.Kinds.Zip(plan.Setup.Devices.Weights, (kind, weight) => $"{kind.Name}:{weight}")),
            Links = [.. plan.Setup.Links.Select(link => link.Name)],
            Objectives = $"{plan.Setup.Objectives.Set.ToString().ToLowerInvariant()}, epsilon {plan.Setup.Objectives.Epsilon}",
            Quality = plan.QualityText, EnergySource = DevicePower.Source, Partial = cancellationToken.IsCancellationRequested, Policies = results, Best = best, Loads = loads,
            Pareto = pareto,
        };
    }

    private void Find(
        Comparison comparison, TraceScaling scaling, long requests, double rate, List<PolicyResult> best, List<LoadPoint> loads, CancellationToken cancellationToken)
    {
        var size = (int)Math.Min(requests, Search.PartRequests);
        var busiest = TraceScaling.Busiest(size, TraceReader.Read(plan.Trace).TakeWhile(_ => !cancellationToken.IsCancellationRequested));
        if (cancellationToken.IsCancellationRequested) return;
        var requestsOfPart = Part(busiest, size);
        var part = new Comparison(plan.Setup, plan.Quality, () => requestsOfPart, scaling with { Requests = 0 });
        foreach (var policy in plan.Policies)
        {
            var runs = 0;
            screen.Begin();
            var (found, points) = new Search(part, comparison, plan.Setup.Cloud.Machines, rate).Find(policy, Tried, done => screen.Progress($"{policy}, run {runs + 1}", done, requests), cancellationToken);
            if (cancellationToken.IsCancellationRequested) return;
            if (found is not null) best.Add(found);
            loads.AddRange(points);

            void Tried(PolicyResult run)
            {
                screen.Status($"{policy}: run {++runs}, {run.Load:0.##} times the load: {run.MetShare:0.0%} met");
                screen.Begin();
            }
        }
    }

    // Held: the search runs it hundreds of times, and it may lie deep in a long trace.
    private TraceRequest[] Part(long from, int count)
    {
        var part = TraceReader.Read(plan.Trace).SkipWhile(_ => from-- > 0).Take(count).ToArray();
        return [.. part.Select(request => request with { At = request.At - part[0].At })];
    }

    private (TraceNotes Notes, double Prompt, double Output, double Rate) Survey(CancellationToken cancellationToken)
    {
        var notes = new TraceNotes();
        var (prompt, output, last) = (0.0, 0.0, 0L);
        foreach (var request in TraceReader.Read(plan.Trace, notes))
        {
            prompt += request.PromptTokens;
            output += request.OutputTokens;
            last = request.At;
            if (notes.Requests % Glance == 0) screen.Status($"reading the trace: {notes.Requests:N0} requests");
            if (!cancellationToken.IsCancellationRequested) continue;
            screen.EndProgress();
            screen.Line("broken off while the trace was read for the first time: no answer had ended, there is nothing to report");
            cancellationToken.ThrowIfCancellationRequested();
        }

        return (notes, prompt / notes.Requests, output / notes.Requests, notes.Requests / Math.Max(1, TimeSpan.FromTicks(last).TotalSeconds));
    }

    private IEnumerable<string> Synthetic(TraceScaling scaling, long measured)
    {
        if (plan.Load != 1) yield return FormattableString.Invariant($"requests come {plan.Load} times as fast as measured");
        if (scaling.SyntheticOutputs) yield return FormattableString.Invariant($"answers are {scaling.OutputFactor:0.##} times as long as measured");
        if (scaling.Spread > 0) yield return FormattableString.Invariant($"requests of one time stamp are spread over {plan.Spread.TotalSeconds} s, the stamps' grain");
        if (plan.Requests > measured) yield return "the trace is repeated";
    }
}
