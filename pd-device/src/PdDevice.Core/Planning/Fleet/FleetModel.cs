using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Core.Planning.Fleet;

/// <summary>Devices of one kind.</summary>
/// <param name="Name">For people.</param>
/// <param name="Share">Of all requests, above 0; shares are scaled to add up to 1.</param>
/// <param name="Rates">p and d.</param>
/// <param name="RoundTrip">Of their link, seconds.</param>
/// <param name="Delays">Jitter and heat; the waiting is the model's own. Null: nothing varies.</param>
public sealed record DeviceClass(string Name, double Share, EngineRates Rates, double RoundTrip, LearnedDelays? Delays = null);

/// <summary>A fleet's surroundings: what comes, from whom, on which machines, held against what.</summary>
/// <param name="Trace">The requests.</param>
/// <param name="Devices">The device mix, at least one.</param>
/// <param name="Machine">One accelerator.</param>
/// <param name="Positions">KV positions it holds.</param>
/// <param name="MostTokens">Limit of an answer in tokens, all that a policy knows of its length.</param>
/// <param name="Relative">The relative set of objectives, else the absolute one (design section 6).</param>
/// <param name="Quality">Keep ratios and what they lose.</param>
/// <param name="MostLoss">Largest loss of quality, 0 to 1.</param>
public sealed record FleetScene(
    IReadOnlyList<TraceCell> Trace, IReadOnlyList<DeviceClass> Devices, ICostModel Machine, long Positions, int MostTokens, bool Relative,
    QualityTable Quality, double MostLoss);

/// <summary>
/// A fleet under a load, computed in a fraction of a millisecond: good enough to rank settings and to bound them; a
/// simulation settles what is close. The request planner plans each kind of request, as live.
/// </summary>
/// <remarks>
/// Prefill is a queue M/M/c/K (<see cref="QueueWait"/>). Decode is work: tokens times the step of a full batch over its
/// slots, and what exceeds it is refused. On mixed machines decode comes first and prefill gets what it leaves, in chunks
/// of <see cref="Chunk"/>. Leases are planned for the step of a full batch, which is the slowest, so they do not depend
/// on the load and the share that meets its objectives falls with it.
/// </remarks>
public sealed class FleetModel
{
    /// <summary>Prefill tokens beside the decodes of one batch, on mixed machines.</summary>
    public const int Chunk = 512;

    private readonly FleetScene _scene;
    private readonly Dictionary<FleetSettings, Demand> _demands = [];

    public FleetModel(FleetScene scene) => _scene = scene;

    /// <summary>For <see cref="FleetPlanner"/>.</summary>
    public FleetOutcome Evaluate(FleetSettings settings, double requestsPerSecond)
    {
        var demand = DemandOf(settings);
        if (demand.CloudShare == 0) return new FleetOutcome(demand.MetAlone);
        var decode = requestsPerSecond * demand.Decode / (settings.MixedMachines + settings.DecodeMachines); // of the time of those that decode
        var served = Math.Min(1, 1 / decode);
        var left = settings.Pools ? 1 : 1 - decode; // of a machine, for prefill
        if (left <= 0) return new FleetOutcome(demand.MetAlone);
        var servers = settings.MixedMachines + settings.PrefillMachines;
        var wait = new QueueWait(
            requestsPerSecond * demand.CloudShare, demand.Prefill / demand.CloudShare / left, servers, settings.QueueLimit * settings.Accelerators);
        var met = demand.MetAlone;
        foreach (var part in demand.Parts)
            met += part.Share * served * (1 - wait.Refused) * wait.Within(part.Slack - (part.Prefill / left));
        return new FleetOutcome(Math.Min(1, met));
    }

    /// <summary>
    /// Goodput per accelerator that a setting cannot exceed in this model: no machine does more than all its time's work,
    /// and at least as much of the cloud's share must be served as <paramref name="leastMetShare"/> leaves.
    /// </summary>
    public double Bound(FleetSettings settings, double leastMetShare)
    {
        var demand = DemandOf(settings);
        var needed = leastMetShare - demand.MetAlone; // share of all requests that the cloud must serve well
        if (needed <= 0) return double.PositiveInfinity; // the devices alone do: any load
        if (demand.CloudShare == 0) return 0;
        var prefill = demand.Prefill / demand.CloudShare;
        var decode = demand.Decode / demand.CloudShare;
        var most = settings.Pools
            ? Math.Min(settings.PrefillMachines / prefill, settings.DecodeMachines / decode)
            : settings.MixedMachines / (prefill + decode);
        return most * (1 + (demand.MetAlone / needed)) / settings.Accelerators;
    }

    private Demand DemandOf(FleetSettings settings)
    {
        // The number of machines does not matter for what one request needs.
        var key = settings with
        {
            MixedMachines = Math.Min(1, settings.MixedMachines), PrefillMachines = Math.Min(1, settings.PrefillMachines),
            DecodeMachines = Math.Min(1, settings.DecodeMachines), QueueLimit = 0,
        };
        if (_demands.TryGetValue(key, out var known)) return known;
        return _demands[key] = Plan(key);
    }

    private Demand Plan(FleetSettings settings)
    {
        var lease = settings.Lease;
        var planner = new RequestPlanner(new QualityTable([.. _scene.Quality.Points.ToArray().Where(point => point.KeepRatio >= lease.LeastKeepRatio)]));
        double tokens = 0, held = 0;
        foreach (var cell in _scene.Trace)
        {
            tokens += cell.Share * cell.OutputTokens;
            held += cell.Share * cell.OutputTokens * (cell.PromptTokens + (cell.OutputTokens / 2.0));
        }

        var perSequence = Math.Max(1, held / tokens);
        var slots = (int)Math.Clamp(_scene.Positions / perSequence, 1, settings.BatchSize);
        var full = BatchWork.Decode(slots, (long)(slots * perSequence));
        var step = _scene.Machine.Seconds(full);
        var shown = settings.Pools ? step : _scene.Machine.Seconds(full + BatchWork.Prefill(0, Chunk)); // beside a prefill chunk
        var parts = new List<Part>();
        double prefills = 0, decodes = 0, cloud = 0, alone = 0, shares = _scene.Devices.Sum(device => device.Share);
        foreach (var cell in _scene.Trace)
        {
            var prefill = _scene.Machine.PrefillSeconds(cell.PromptTokens);
            for (var i = 0; i < _scene.Devices.Count; i++)
            {
                var device = _scene.Devices[i];
                var share = cell.Share * device.Share / shares;
                var input = new RequestInput
                {
                    PromptTokens = cell.PromptTokens, MaxTokens = _scene.MostTokens, MostLease = _scene.MostTokens, Device = device.Rates,
                    DeviceSlack = device.Rates.Prefill(device.Rates.DeviceChunk).TotalSeconds, RoundTrip = device.RoundTrip,
                    CloudPrefill = prefill, CloudStep = shown, Delays = device.Delays,
                    Mode = (settings.Classes & (1 << i)) == 0 ? CloudMode.Off : lease.Leases ? CloudMode.Auto : CloudMode.Required,
                };
                var objectives = _scene.Relative
                    ? RequestObjectives.Relative(device.Rates, cell.PromptTokens / device.Rates.PrefillTokensPerSecond, device.RoundTrip + prefill, _scene.MostLoss, lease.Epsilon)
                    : RequestObjectives.Absolute(device.Rates, _scene.MostLoss, lease.Epsilon);
                var plan = planner.Plan(input, objectives);
                if (!plan.UseCloud)
                {
                    if (plan.Missed == Missed.None) alone += share;
                    continue;
                }

                var made = lease.Leases ? Math.Min(plan.Lease, cell.OutputTokens) : cell.OutputTokens;
                var meets = lease.Leases ? plan.Missed == Missed.None : shown <= objectives.LargestGap && plan.FirstToken <= objectives.Ttft;
                cloud += share;
                prefills += share * prefill;
                decodes += share * (made - 1) * step / slots; // the first token comes with the prefill
                if (meets) parts.Add(new Part(share, prefill, objectives.Ttft - (plan.FirstToken - prefill)));
            }
        }

        return new Demand(cloud, alone, prefills, decodes, parts);
    }

    /// <summary>Requests of one size and device that meet their objectives if they do not wait too long.</summary>
    /// <param name="Share">Of all requests.</param>
    /// <param name="Prefill">Seconds of a machine.</param>
    /// <param name="Slack">Seconds that waiting and prefill may take together.</param>
    private readonly record struct Part(double Share, double Prefill, double Slack);

    /// <summary>What one arrival asks of the fleet, on average.</summary>
    /// <param name="CloudShare">Share of the requests that use the cloud.</param>
    /// <param name="MetAlone">Share that does not and meets its objectives.</param>
    /// <param name="Prefill">Seconds of a machine.</param>
    /// <param name="Decode">Seconds of a machine with a full batch.</param>
    /// <param name="Parts">Those that can meet their objectives.</param>
    private sealed record Demand(double CloudShare, double MetAlone, double Prefill, double Decode, IReadOnlyList<Part> Parts);
}
