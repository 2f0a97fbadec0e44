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
    /// <summary>One policy at one load. Null: it was broken off before any answer ended.</summary>
    /// <param name="policy">Its name.</param>
    /// <param name="settings">Of it and its cloud.</param>
    /// <param name="load">Times the trace's own rate.</param>
    /// <param name="progress">Told of each request that comes.</param>
    /// <param name="cancellationToken">Breaks it off; the result is of the answers that have ended.</param>
    public PolicyResult Run(string policy, PolicySettings settings, double load, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var (decides, world) = PolicyCatalog.Create(policy, settings, setup, quality);
        var simulator = new Simulator(world, decides);
        simulator.Run((scaling with { Load = load }).Apply(read), progress, cancellationToken);
        return PolicyResult.From(policy, load, settings, simulator.Tally, world.Cloud.Machines);
    }
}
