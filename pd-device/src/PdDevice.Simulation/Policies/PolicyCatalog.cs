using PdDevice.Core.Planning.Requests;
using PdDevice.Simulation.Cloud;

namespace PdDevice.Simulation.Policies;

/// <summary>What the search may set for a policy and its cloud.</summary>
/// <param name="Slots">Slots of a machine that decodes.</param>
/// <param name="PrefillMachines">Machines that only prefill; 0: all do both.</param>
/// <param name="LongestOnDevice">For DiSCo: its dispatch threshold, seconds.</param>
public sealed record PolicySettings(int Slots, int PrefillMachines = 0, double LongestOnDevice = 0.5);

/// <summary>The policies by name, in the order in which they are shown.</summary>
public static class PolicyCatalog
{
    public const string DeviceOnly = "device-only";
    public const string CloudOnly = "cloud-only";
    public const string CloudPools = "cloud-only-pools";
    public const string DiSCo = "disco";
    public const string Shipping = "kv-shipping";
    public const string Unrefined = "pd-device-unrefined";
    public const string PdDevice = "pd-device";

    /// <summary>Whole answers wait in a queue of their own; assists go on alone instead.</summary>
    private const int WholeAnswerQueue = 100_000;

    public static IReadOnlyList<string> Names { get; } = [DeviceOnly, CloudOnly, CloudPools, DiSCo, Shipping, Unrefined, PdDevice];

    /// <summary>Settings to start from, before any search.</summary>
    public static PolicySettings Usual(string name, int machines) =>
        new(256, name == CloudPools ? Math.Max(1, machines * 3 / 4) : 0);

    /// <summary>All settings the search tries for a policy.</summary>
    public static IEnumerable<PolicySettings> Space(string name, int machines) => name switch
    {
        DeviceOnly => [Usual(name, machines)],
        CloudPools => from prefill in Enumerable.Range(1, Math.Max(1, machines - 1)) from slots in (int[])[128, 256] select new PolicySettings(slots, prefill),
        DiSCo => from slots in (int[])[256] from longest in (double[])[0.1, 0.5, 1] select new PolicySettings(slots, 0, longest),
        _ => from slots in (int[])[64, 128, 256, 512] select new PolicySettings(slots),
    };

    /// <summary>A policy, and the cloud as it arranges it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">What was chosen for it.</param>
    /// <param name="setup">The world all share.</param>
    /// <param name="quality">Keep ratios with their loss.</param>
    public static (IPolicy Policy, SimulationSetup Setup) Create(
        string name, PolicySettings settings, SimulationSetup setup, QualityTable quality)
    {
        IPolicy policy = name switch
        {
            DeviceOnly => new DeviceOnly(),
            CloudOnly or CloudPools => new CloudOnly(name),
            DiSCo => new Disco(settings.LongestOnDevice),
            Shipping => new KvShipping(setup.Objectives, setup.Cloud.KvBytesPerPosition * setup.StateBytesShare),
            Unrefined => new PdDevicePolicy(setup.Objectives, null),
            PdDevice => new PdDevicePolicy(setup.Objectives, quality),
            _ => throw new ArgumentException($"There is no policy '{name}'. Known: {string.Join(", ", Names)}.", nameof(name)),
        };
        var cloud = setup.Cloud with { Slots = settings.Slots, PrefillMachines = settings.PrefillMachines };
        if (policy is CloudOnly) cloud = cloud with { Queue = WholeAnswerQueue };
        return (policy, setup with { Cloud = cloud });
    }
}
