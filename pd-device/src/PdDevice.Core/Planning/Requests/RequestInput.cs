using PdDevice.Core.Planning.Delays;

namespace PdDevice.Core.Planning.Requests;

/// <summary>
/// What is known of a request before its plan; never the length of its answer. Times in seconds from now. Fields left
/// out are 0, which is meaningful for each. Pass it by reference: it is large.
/// </summary>
public readonly record struct RequestInput
{
    /// <summary>N, at least 1.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Limit of the answer in tokens, at least 1.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>p and d.</summary>
    public required EngineRates Device { get; init; }

    /// <summary>Positions of the prompt the device held before it began, 0 to N.</summary>
    public int Held { get; init; }

    /// <summary>How long the device has been prefilling already.</summary>
    public double DeviceLead { get; init; }

    /// <summary>What the device needs beyond its prefill before it can take over: the chunk in flight, a margin.</summary>
    public double DeviceSlack { get; init; }

    /// <summary>Positions of prompt and answer the device can hold; 0: no limit that matters.</summary>
    public int DevicePositions { get; init; }

    /// <summary>Whether the cloud may or must be used; default: when that is best.</summary>
    public CloudMode Mode { get; init; }

    /// <summary>Round trip of the link: its shortest where <see cref="Delays"/> holds the jitter, else its usual one.</summary>
    public double RoundTrip { get; init; }

    /// <summary>The cloud's prefill of this prompt, once it begins; infinity or no number: the cloud cannot be used.</summary>
    public double CloudPrefill { get; init; }

    /// <summary>Time between two tokens of the cloud, at the batch it runs now.</summary>
    public double CloudStep { get; init; }

    /// <summary>Tokens the cloud may make of this answer, continuations included; below 1 it cannot be used.</summary>
    public int MostLease { get; init; }

    /// <summary>How long after the first token the refined prompt arrives.</summary>
    public double RefinedAfter { get; init; }

    /// <summary>By how much refining prolongs the cloud's prefill; the first token comes later by it.</summary>
    public double RefineSeconds { get; init; }

    /// <summary>What varies; null: nothing does.</summary>
    public LearnedDelays? Delays { get; init; }
}
