namespace PdDevice.Core.Planning.Fleet;

/// <summary>What a fleet does under a load.</summary>
/// <param name="MetShare">Share of all requests that arrive which met their objectives, 0 to 1; one that was refused did only if its device alone did.</param>
public readonly record struct FleetOutcome(double MetShare);

/// <summary>A fleet under a load: a simulation, or <see cref="FleetModel.Evaluate"/>. The same arguments must give the same outcome.</summary>
/// <param name="settings">The fleet.</param>
/// <param name="requestsPerSecond">Mean rate of arrivals, above 0.</param>
public delegate FleetOutcome FleetEvaluator(FleetSettings settings, double requestsPerSecond);

/// <summary>What a fleet has to keep to, and the loads it is tried at.</summary>
/// <param name="LeastMetShare">Share of the requests that must meet their objectives, above 0 to 1.</param>
/// <param name="LeastLoad">Smallest load tried, requests/s, above 0.</param>
/// <param name="LoadStep">Each load is this factor of the one before, above 1: the resolution of the answer.</param>
/// <param name="Loads">Number of loads, at least 1.</param>
public sealed record FleetObjectives(double LeastMetShare, double LeastLoad, double LoadStep, int Loads)
{
    /// <summary>The load of a place in the grid.</summary>
    public double Load(int index) => LeastLoad * Math.Pow(LoadStep, index);
}

/// <summary>One fleet as it was tried.</summary>
/// <param name="Settings">The fleet.</param>
/// <param name="Load">Highest load of the grid at which enough requests meet their objectives, requests/s; 0: none.</param>
/// <param name="MetShare">Share that does, at that load.</param>
/// <param name="Bound">Goodput per accelerator that it cannot exceed, as claimed beforehand; infinity: nothing was claimed.</param>
/// <param name="Evaluated">False: the bound alone ruled it out, and load and share are 0.</param>
public sealed record FleetCandidate(FleetSettings Settings, double Load, double MetShare, double Bound, bool Evaluated)
{
    /// <summary>Requests per second that meet their objectives, over all accelerators.</summary>
    public double GoodputPerAccelerator => Load * MetShare / Settings.Accelerators;
}

/// <summary>The best fleet and what was tried on the way.</summary>
/// <param name="Best">Most goodput per accelerator; null: no setting meets the objectives at the smallest load.</param>
/// <param name="Considered">Every setting of the space, in the order of the search.</param>
/// <param name="Evaluations">Times a fleet was put under a load.</param>
public sealed record FleetPlan(FleetCandidate? Best, IReadOnlyList<FleetCandidate> Considered, int Evaluations);

/// <summary>
/// Finds the settings with the most goodput per accelerator at the highest load that meets the objectives, prefill and
/// decode machines counted together.
/// </summary>
/// <remarks>
/// <para>Outer: best first branch and bound over the whole space. The settings are sorted by an upper bound of their
/// goodput, and the search ends when the next bound is not above the best found: nothing after it can be better. With a
/// bound that holds, that is the optimum of the space; without one (infinity) it is exhaustive search.</para>
/// <para>Inner: the highest load that still meets the objectives, by bisection over the grid of loads. Requests wait
/// longer the more come, so the share that meets its objectives falls with the load: the loads that are good enough are
/// a first part of the grid, and bisection finds its end. Goodput is that at this load. On ties the first in the space's
/// order wins.</para>
/// <para>A simulated share can rise by chance from one load to the next; then the end found is one where the share
/// crosses the objective, not always the last one.</para>
/// </remarks>
public static class FleetPlanner
{
    /// <param name="space">What to choose from.</param>
    /// <param name="evaluate">A fleet under a load.</param>
    /// <param name="objectives">What to keep to.</param>
    /// <param name="bound">Upper bound of a setting's goodput per accelerator, cheap to compute; null: none is known.</param>
    public static FleetPlan Best(FleetSpace space, FleetEvaluator evaluate, FleetObjectives objectives, Func<FleetSettings, double>? bound = null)
    {
        var ordered = space.All().Select(settings => (Settings: settings, Bound: bound?.Invoke(settings) ?? double.PositiveInfinity))
            .OrderByDescending(candidate => candidate.Bound).ToList(); // stable: ties keep the space's order
        var considered = new List<FleetCandidate>(ordered.Count);
        FleetCandidate? best = null;
        var evaluations = 0;
        foreach (var (settings, most) in ordered)
        {
            if (best is not null && most <= best.GoodputPerAccelerator)
            {
                considered.Add(new FleetCandidate(settings, 0, 0, most, false));
                continue;
            }

            var candidate = HighestLoad(settings, most, evaluate, objectives, ref evaluations);
            considered.Add(candidate);
            if (candidate.Load > 0 && (best is null || candidate.GoodputPerAccelerator > best.GoodputPerAccelerator)) best = candidate;
        }

        return new FleetPlan(best, considered, evaluations);
    }

    private static FleetCandidate HighestLoad(
        FleetSettings settings, double bound, FleetEvaluator evaluate, FleetObjectives objectives, ref int evaluations)
    {
        // Good up to and including `good`, not good from `bad` on.
        var (good, bad, share) = (-1, objectives.Loads, 0.0);
        while (bad - good > 1)
        {
            var middle = good + ((bad - good) / 2);
            evaluations++;
            var met = evaluate(settings, objectives.Load(middle)).MetShare;
            if (met >= objectives.LeastMetShare) (good, share) = (middle, met);
            else bad = middle;
        }

        return new FleetCandidate(settings, good < 0 ? 0 : objectives.Load(good), share, bound, true);
    }
}
