using PdDevice.Core.Planning.Requests;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Reports;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation;

/// <summary>Runs policies over one trace in one world.</summary>
/// <param name="setup">The world.</param>
/// <param name="quality">Keep ratios with their loss.</param>
/// <param name="read">Reads the trace from its beginning.</param>
/// <param name="scaling">What is done to it; its load is replaced by each run's.</param>
public sealed class Comparison(SimulationSetup setup, QualityTable quality, Func<IEnumerable<TraceRequest>> read, TraceScaling scaling)
{
    /// <summary>One policy at one load. Broken off, it is of the answers that had ended.</summary>
    /// <param name="policy">Its name.</param>
    /// <param name="settings">Of it and its cloud.</param>
    /// <param name="load">Times the trace's own rate.</param>
    /// <param name="progress">Told of each request that comes.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    public PolicyResult Run(string policy, PolicySettings settings, double load, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var (decides, world) = PolicyCatalog.Create(policy, settings, setup, quality);
        var simulator = new Simulator(world, decides);
        simulator.Run((scaling with { Load = load }).Apply(read), progress, cancellationToken);
        return PolicyResult.From(policy, load, settings, simulator.Tally, world.Cloud.Machines);
    }

    /// <summary>P/D-Device at each keep ratio offered, whatever may be lost.</summary>
    public IEnumerable<ParetoPoint> Pareto(double load, CancellationToken cancellationToken)
    {
        foreach (var point in quality.Points.ToArray())
        {
            var held = new Comparison(setup with { Objectives = setup.Objectives with { MostLoss = 1 } }, new QualityTable(point), read, scaling);
            var result = held.Run(PolicyCatalog.PdDevice, PolicyCatalog.Usual(PolicyCatalog.PdDevice, setup.Cloud.Machines), load, null, cancellationToken);
            if (cancellationToken.IsCancellationRequested) yield break;
            yield return new ParetoPoint(point.KeepRatio, point.MeanLoss, point.MostLoss, result.SlotSecondsPerAnswer, result.CloudTokensPerAnswer);
        }
    }
}
