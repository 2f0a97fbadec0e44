using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation;

/// <summary>The world of a run, the same for every policy that is compared in it.</summary>
/// <param name="Cloud">The cloud.</param>
/// <param name="Devices">The devices; each request comes from one of its own.</param>
/// <param name="Links">Kinds of links, each device draws one; at least one.</param>
/// <param name="Objectives">What answers have to keep to.</param>
public sealed record SimulationSetup(CloudSetup Cloud, DeviceMix Devices, IReadOnlyList<LinkModel> Links, Objectives Objectives)
{
    /// <summary>Of all luck. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The user's limit of an answer, tokens; longer ones are cut and counted. Default 4096.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>
    /// Spread of a device's prefill time about its rate's promise: the deviation of its logarithm. Default 0.05, an
    /// assumption: no measured distribution is at hand.
    /// </summary>
    public double PrefillJitter { get; init; } = 0.05;

    /// <summary>Bytes of shipped KV state over its bytes in the cloud. Default 0.25: 4 bits instead of 16, as CacheGen (SIGCOMM 2024) reaches and a little beyond.</summary>
    public double StateBytesShare { get; init; } = 0.25;

    /// <summary>Whether the numbered invariants are checked after every event. Slow. Default false.</summary>
    public bool Check { get; init; }
}

/// <summary>Bytes on the wire: the assist API's JSON and server-sent events with the headers of TLS, TCP and IP around them.</summary>
internal static class Wire
{
    public const int Token = 130;

    public const int Stop = 120;

    /// <summary>A refined prompt of so many positions: first and last of each range, up to six digits and a comma each; a sentence of about twenty tokens is a range.</summary>
    public static long Refined(double positions) => 60 + (long)(14 * positions / 20);

    /// <summary>A request with so many token ids: up to six digits and a comma each.</summary>
    public static long Request(int tokens) => 900 + (7L * tokens);
}
