using PdDevice.Core.Planning.Costs;

namespace PdDevice.Simulation.Cloud;

/// <summary>A modelled cloud. The times are the cost model's, the decisions Core's.</summary>
/// <param name="Costs">Of one machine.</param>
/// <param name="KvPositions">KV positions one machine holds beside the weights.</param>
/// <param name="Machines">Accelerators, prefill and decode counted together; at least 1.</param>
public sealed record CloudSetup(ICostModel Costs, long KvPositions, int Machines)
{
    /// <summary>Of the machines those that only prefill, the others only decode; 0 (default): every machine does both.</summary>
    public int PrefillMachines { get; init; }

    /// <summary>Generations that hold a slot on one machine at once. Default 256.</summary>
    public int Slots { get; init; } = 256;

    /// <summary>Generations that may wait, a machine; one more is refused. Default 64.</summary>
    public int Queue { get; init; } = 64;

    /// <summary>Rows of one batch at most. Default 8192.</summary>
    public int BatchRows { get; init; } = 8192;

    /// <summary>Longest batch while streams run. Default 100 ms.</summary>
    public TimeSpan MaxStall { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Largest lease of one assist, tokens. Default 4096.</summary>
    public int MaxLease { get; init; } = 4096;

    /// <summary>Bytes/s between a machine that prefills and one that decodes. Default 50e9: one 400 Gbit/s port.</summary>
    public double PoolBytesPerSecond { get; init; } = 50e9;

    /// <summary>Bytes of KV of one position.</summary>
    public double KvBytesPerPosition { get; init; } = 131_072;

    /// <summary>
    /// Share of a prompt's KV that is still to be sent from pool to pool when its prefill ends. Default 1/32: each layer
    /// is sent while the next one is computed, as Splitwise (ISCA 2024) does, so that of 32 layers the last is left.
    /// </summary>
    public double ExposedKvShare { get; init; } = 1.0 / 32;

    /// <summary>
    /// What reading attention for a refined prompt adds to its prefill, as a share. Default 0.03: the most that was measured on a
    /// CPU (docs/refinement.md), which is an assumption for this hardware.
    /// </summary>
    public double CaptureShare { get; init; } = 0.03;
}
