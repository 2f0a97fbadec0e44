using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Simulation.Devices;

namespace PdDevice.Simulation.Policies;

/// <summary>Who works on an answer.</summary>
public enum Way
{
    /// <summary>The device alone.</summary>
    Device,

    /// <summary>The cloud alone; the device shows.</summary>
    Cloud,

    /// <summary>Both: the device prefills while the cloud makes the first tokens, and takes over when it has caught up.</summary>
    Both,
}

/// <summary>What a policy decides when a request comes.</summary>
/// <param name="Way">Who works on it.</param>
/// <param name="Lease">K, tokens the cloud may make; at least 1 where it works on it.</param>
/// <param name="Period">tau, time between shown tokens, ticks; 0 shows them as they come.</param>
/// <param name="Keep">r, share of the prompt the device still ingests once the refined prompt is there; 1: no refinement.</param>
/// <param name="ShipsState">Whether the cloud sends the KV state of the prompt's end while the device works from its front.</param>
public readonly record struct AnswerPlan(Way Way, int Lease, long Period, double Keep = 1, bool ShipsState = false);

/// <summary>What a device knows when a request comes. The answer's true length is not among it (invariant 8).</summary>
/// <param name="PromptTokens">N.</param>
/// <param name="MaxTokens">The user's limit of the answer.</param>
/// <param name="Device">The kind of device, with its measured rates.</param>
/// <param name="Rates">p and d as measured on this device for a prompt of such a length.</param>
/// <param name="Cloud">What the cloud says of itself.</param>
/// <param name="RoundTrip">Of the link, as measured when greeting the cloud.</param>
/// <param name="DownBitsPerSecond">What the link carried towards the device of late; 0: unmetered.</param>
/// <param name="MaxLease">The cloud's limit for one lease.</param>
/// <param name="CaptureShare">What reading attention adds to the cloud's prefill, as the cloud says.</param>
/// <param name="Delays">What was learned of earlier answers.</param>
public readonly record struct AnswerView(
    int PromptTokens, int MaxTokens, DeviceKind Device, EngineRates Rates, EngineRates Cloud, TimeSpan RoundTrip, double DownBitsPerSecond, int MaxLease,
    double CaptureShare, LearnedDelays Delays);

/// <summary>What a device knows when the first token has come. Times in seconds.</summary>
/// <param name="Rates">p and d as measured on this device.</param>
/// <param name="PrefillLeft">Of its own prefill, at that rate.</param>
/// <param name="Period">tau.</param>
/// <param name="RoundTrip">Of the link.</param>
/// <param name="CloudDecode">Tokens/s the cloud says one stream gets.</param>
public readonly record struct FirstTokenView(EngineRates Rates, double PrefillLeft, double Period, TimeSpan RoundTrip, double CloudDecode);

/// <summary>How one policy answers. The same world carries them all; each decides by the same knowledge.</summary>
public interface IPolicy
{
    /// <summary>As on the command line and in every result.</summary>
    string Name { get; }

    /// <summary>Decides about a request. Changes nothing: asked twice it says the same.</summary>
    AnswerPlan Plan(in AnswerView view);

    /// <summary>Tokens after which the device lets the cloud go, decided when the first of them has come; the lease where that was decided before.</summary>
    int Enough(in FirstTokenView view, int lease) => lease;

    /// <summary>Whether it asks the cloud again when the shown tokens would run out before the device is ready.</summary>
    bool Continues { get; }
}
