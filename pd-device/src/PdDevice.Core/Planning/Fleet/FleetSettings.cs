namespace PdDevice.Core.Planning.Fleet;

/// <summary>How long the cloud works on an answer.</summary>
/// <param name="Leases">False: the whole answer (cloud-only). True: a lease by <see cref="Requests.RequestPlanner"/>.</param>
/// <param name="LeastKeepRatio">Smallest keep ratio the planner may use, above 0 to 1; 1: no refinement.</param>
/// <param name="Epsilon">Of a stall: smaller means longer leases.</param>
public sealed record LeasePolicy(bool Leases, double LeastKeepRatio, double Epsilon)
{
    public static LeasePolicy Whole { get; } = new(false, 1, Requests.RequestObjectives.DefaultEpsilon);

    public static LeasePolicy Bounded { get; } = new(true, 1, Requests.RequestObjectives.DefaultEpsilon);

    public override string ToString() => Leases ? $"lease, keep >= {LeastKeepRatio:0.##}, epsilon {Epsilon:0.####}" : "whole answers";
}

/// <summary>The settings of a fleet. Either all machines are mixed, or they are prefill and decode pools.</summary>
/// <param name="MixedMachines">Accelerators that prefill in chunks and decode in the same batches; 0 where there are pools.</param>
/// <param name="PrefillMachines">Accelerators that only prefill; 0 where machines are mixed.</param>
/// <param name="DecodeMachines">Accelerators that only decode; 0 where machines are mixed.</param>
/// <param name="BatchSize">Slots of a machine that decodes: sequences in its batch at most, at least 1.</param>
/// <param name="QueueLimit">Requests that may wait per accelerator; one more is refused.</param>
/// <param name="Lease">How long the cloud works on an answer.</param>
/// <param name="Classes">Device classes that may use the cloud, one bit each in the order of the mix.</param>
public sealed record FleetSettings(
    int MixedMachines, int PrefillMachines, int DecodeMachines, int BatchSize, int QueueLimit, LeasePolicy Lease, int Classes)
{
    /// <summary>Prefill and decode machines counted together.</summary>
    public int Accelerators => MixedMachines + PrefillMachines + DecodeMachines;

    public bool Pools => MixedMachines == 0;
}
