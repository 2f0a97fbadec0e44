namespace PdDevice.Core.Planning.Fleet;

/// <summary>The settings to choose from: every combination of these. None of the lists is empty.</summary>
/// <param name="Machines">Mixed, prefill and decode machines together; either the first is above 0 and the others 0, or the other way round.</param>
/// <param name="BatchSizes">Slots of a machine.</param>
/// <param name="QueueLimits">Waiting requests per accelerator.</param>
/// <param name="Leases">Lease policies.</param>
/// <param name="Classes">Sets of device classes admitted, one bit each.</param>
public sealed record FleetSpace(
    IReadOnlyList<(int Mixed, int Prefill, int Decode)> Machines, IReadOnlyList<int> BatchSizes, IReadOnlyList<int> QueueLimits,
    IReadOnlyList<LeasePolicy> Leases, IReadOnlyList<int> Classes)
{
    /// <summary>All ways to use so many accelerators: mixed, and every split into two pools.</summary>
    /// <param name="accelerators">At least 1.</param>
    public static IReadOnlyList<(int Mixed, int Prefill, int Decode)> Splits(int accelerators) =>
        [(accelerators, 0, 0), .. Enumerable.Range(1, Math.Max(0, accelerators - 1)).Select(prefill => (0, prefill, accelerators - prefill))];

    /// <summary>Every combination, in a fixed order.</summary>
    public IEnumerable<FleetSettings> All() =>
        from machines in Machines
        from batch in BatchSizes
        from queue in QueueLimits
        from lease in Leases
        from classes in Classes
        select new FleetSettings(machines.Mixed, machines.Prefill, machines.Decode, batch, queue, lease, classes);
}
