using PdDevice.Core.Planning.Fleet;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Reports;

namespace PdDevice.Simulation;

/// <summary>
/// The settings of a policy and the highest load at which it keeps to the objectives, by Core's fleet planner. The same
/// search for every policy and each arrangement of its machines: first the settings, on the trace's busiest part at coarse
/// loads, then the load, on all of it. Which arrangement bears most is decided on all of it: a part is too short to tell.
/// </summary>
/// <param name="part">Runs on the trace's busiest part.</param>
/// <param name="whole">Runs on all of it.</param>
/// <param name="accelerators">Of the fleet.</param>
/// <param name="requestsPerSecond">The trace's own rate.</param>
public sealed class Search(Comparison part, Comparison whole, int accelerators, double requestsPerSecond)
{
    /// <summary>Of the answers that could meet their objectives in an idle world, the share that has to.</summary>
    public const double LeastMetShare = 0.9;

    /// <summary>Requests of the busiest part: where the requests in a row came fastest.</summary>
    public const int PartRequests = 1500;

    private const double LeastLoad = 0.1;
    private const double Coarse = 1.25;
    private const int CoarseLoads = 28; // to 41 times the trace's rate
    private const double Fine = 1.03;
    private const double Below = 3; // the whole trace may bear less than its busiest part, or, as that is the exception, more
    private const int FineLoads = 78; // from a third of what the part allows to three times it
    private const int Above = 8; // by chance a load may be too high and one above it not: up to 1.27 times all are tried,
    private const double Hopeless = 0.85; // until so few are met that chance cannot be why

    /// <summary>Looks for a policy's best.</summary>
    /// <param name="policy">Its name.</param>
    /// <param name="tried">Told of each run.</param>
    /// <param name="progress">Told of each request that comes in a run of the whole trace.</param>
    /// <param name="cancellationToken">Breaks it off; then what was found so far counts.</param>
    /// <returns>The run at the highest load, and goodput at the loads tried on the way; null: no load is low enough.</returns>
    public (PolicyResult? Best, IReadOnlyList<LoadPoint> Loads) Find(
        string policy, Action<PolicyResult>? tried = null, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        (FleetCandidate Fleet, PolicySettings Settings, List<PolicyResult> Runs)? best = null;
        foreach (var machines in PolicyCatalog.Fleets(policy, accelerators).Machines)
        {
            if (OnPart(policy, machines, tried, cancellationToken) is not { } found) continue;
            var runs = new List<PolicyResult>();
            var fine = FleetPlanner.Best(
                new FleetSpace([machines], [found.Settings.Slots], [0], [LeasePolicy.Whole], [0]),
                (_, rate) =>
                {
                    runs.Add(whole.Run(policy, found.Settings, rate / requestsPerSecond, progress, cancellationToken));
                    return Outcome(runs[^1], tried, cancellationToken);
                },
                Objectives(found.Load / Below, Fine, FineLoads));
            if (fine.Best is { } end && end.GoodputPerAccelerator > (best?.Fleet.GoodputPerAccelerator ?? 0)) best = (end, found.Settings, runs);
        }

        if (best is not var (fleet, settings, tries)) return (null, []);
        var load = fleet.Load / requestsPerSecond;
        foreach (var share in (double[])[0.3, 0.6, 1.3]) tries.Add(whole.Run(policy, settings, load * share, progress, cancellationToken));
        for (var step = 1; step <= Above && MetAt(load * Math.Pow(Fine, step)) >= Hopeless; step++) { }

        return (
            tries.Where(run => Outcome(run, null, cancellationToken).MetShare >= LeastMetShare).MaxBy(run => run.Load),
            [.. tries.OrderBy(run => run.Load).Select(run => new LoadPoint(policy, run.Load, run.Load * requestsPerSecond, run.Goodput, run.MetShare))]);

        double MetAt(double next)
        {
            var run = tries.Find(run => Math.Abs(run.Load - next) < 1e-9 * next);
            if (run is null) tries.Add(run = whole.Run(policy, settings, next, progress, cancellationToken));
            return Outcome(run, null, cancellationToken).MetShare;
        }
    }

    /// <summary>The best settings of one arrangement of the machines on the busiest part, and the load they bear there; null: no load is low enough.</summary>
    private (PolicySettings Settings, double Load)? OnPart(
        string policy, (int Mixed, int Prefill, int Decode) machines, Action<PolicyResult>? tried, CancellationToken cancellationToken)
    {
        var (best, chosen) = (default(FleetCandidate), default(PolicySettings));
        foreach (var rest in PolicyCatalog.Space(policy))
        {
            var plan = FleetPlanner.Best(
                PolicyCatalog.Fleets(policy, accelerators) with { Machines = [machines] },
                (fleet, rate) => Outcome(part.Run(policy, Settings(rest, fleet), rate / requestsPerSecond, null, cancellationToken), tried, cancellationToken),
                Objectives(LeastLoad, Coarse, CoarseLoads));
            if (plan.Best is { } found && found.GoodputPerAccelerator > (best?.GoodputPerAccelerator ?? 0)) (best, chosen) = (found, Settings(rest, found.Settings));
        }

        return chosen is null ? null : (chosen, best!.Load / requestsPerSecond);
    }

    private FleetObjectives Objectives(double leastLoad, double step, int loads) => new(LeastMetShare, leastLoad * requestsPerSecond, step, loads);

    private static FleetOutcome Outcome(PolicyResult result, Action<PolicyResult>? tried, CancellationToken cancellationToken)
    {
        tried?.Invoke(result);
        return new FleetOutcome(cancellationToken.IsCancellationRequested || result.AttainableShare == 0 ? 0 : result.MetShare / result.AttainableShare);
    }

    private static PolicySettings Settings(PolicySettings rest, FleetSettings fleet) => rest with { Slots = fleet.BatchSize, PrefillMachines = fleet.PrefillMachines };
}
