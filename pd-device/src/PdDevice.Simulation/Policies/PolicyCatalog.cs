using PdDevice.Core.Planning.Fleet;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Simulation.Policies;

/// <summary>What the search may set for a policy and its cloud.</summary>
/// <param name="Slots">Slots of a machine that decodes.</param>
/// <param name="PrefillMachines">Machines that only prefill; 0: all do both.</param>
/// <param name="MaxStallMs">Longest batch while streams run, ms.</param>
/// <param name="LongestOnDevice">For DiSCo: its dispatch threshold, seconds.</param>
/// <param name="Margin">For DiSCo: tokens buffered over those the mean rates ask for.</param>
public sealed record PolicySettings(int Slots, int PrefillMachines = 0, int MaxStallMs = 50, double LongestOnDevice = 0.5, double Margin = 1.1);

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

    /// <summary>The fleets the search tries for a policy: cloud-only in its two forms has one arrangement each, all others may have either.</summary>
    public static FleetSpace Fleets(string name, int machines)
    {
        var splits = FleetSpace.Splits(machines);
        IReadOnlyList<(int Mixed, int Prefill, int Decode)> arranged = name switch
        {
            DeviceOnly or CloudOnly => [.. splits.Where(split => split.Mixed > 0)],
            CloudPools => [.. splits.Where(split => split.Mixed == 0)],
            _ => splits,
        };
        return new FleetSpace(arranged, name == DeviceOnly ? [256] : name == CloudOnly ? [64, 96, 128, 256] : [128, 256], [0], [LeasePolicy.Whole], [0]);
    }

    /// <summary>Beside the fleet, what the search tries: the longest batch, and DiSCo's own two.</summary>
    public static IEnumerable<PolicySettings> Space(string name) => name switch
    {
        DeviceOnly => [new(256)],
        CloudPools => [new(256)],
        CloudOnly => from stall in (int[])[12, .. Stalls] select new PolicySettings(256, 0, stall), // its gaps hang on it
        DiSCo => from stall in Stalls from longest in (double[])[0.25, 1] from margin in (double[])[1, 1.2] select new PolicySettings(256, 0, stall, longest, margin),
        _ => from stall in Stalls select new PolicySettings(256, 0, stall),
    };

    private static int[] Stalls => [18, 25, 100];

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
            DiSCo => new Disco(settings.LongestOnDevice, settings.Margin),
            Shipping => new KvShipping(setup.Objectives, setup.Cloud.KvBytesPerPosition * setup.StateBytesShare),
            Unrefined => new PdDevicePolicy(setup.Objectives, null),
            PdDevice => new PdDevicePolicy(setup.Objectives, quality),
            _ => throw new ArgumentException($"There is no policy '{name}'. Known: {string.Join(", ", Names)}.", nameof(name)),
        };
        var cloud = setup.Cloud with { Slots = settings.Slots, PrefillMachines = settings.PrefillMachines, MaxStall = TimeSpan.FromMilliseconds(settings.MaxStallMs) };
        if (policy is CloudOnly) cloud = cloud with { Queue = WholeAnswerQueue };
        return (policy, setup with { Cloud = cloud });
    }
}
