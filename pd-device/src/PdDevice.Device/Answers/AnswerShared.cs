using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Refinement;
using PdDevice.Device.Assists;
using PdDevice.Device.Telemetry;

namespace PdDevice.Device.Answers;

/// <summary>When answers of a device use the cloud and how long they wait for it.</summary>
public sealed record AnswerPolicy
{
    /// <summary>Default: auto. A request may choose another; off here is off for all.</summary>
    public CloudMode Mode { get; init; } = CloudMode.Auto;

    /// <summary>A first token that the device alone has within this needs no cloud. Default 1 s, the absolute objective of design section 6.</summary>
    public TimeSpan TargetTtft { get; init; } = TimeSpan.FromSeconds(1);

    public PowerHint Power { get; init; } = PowerHint.Normal;

    public CloudPatience Patience { get; init; } = new();

    /// <summary>Whether a refined prompt is asked for. Default: only for requests that name a keep ratio, for it may cost quality.</summary>
    public RefineMode Refine { get; init; } = RefineMode.Off;

    /// <summary>Share of a prompt that a refined one keeps where a request says neither ratio nor task, above 0, at most 1; null (default): the smallest that <see cref="Quality"/> bears, or none.</summary>
    public double? KeepRatio { get; init; }

    /// <summary>What refinement was measured to cost this device's model; null (default): not measured, so nothing is refined unless a ratio is named.</summary>
    public RefinementQuality? Quality { get; init; }

    /// <summary>Why a request's task cannot be served; null: it can. Says nothing of what the request holds.</summary>
    internal string? TaskProblem(string? task, double? keepRatio) => task is null || keepRatio is not null || Quality is null || Quality.Tasks.ContainsKey(task)
        ? null
        : $"Refinement was not measured for this task, only for: {string.Join(", ", Quality.Tasks.Keys.Order(StringComparer.Ordinal))}. Name one of these, or a keep ratio, or neither.";

    /// <summary>The mode of a request that asks for this one, or for none.</summary>
    public CloudMode Of(CloudMode? asked) => Mode == CloudMode.Off ? CloudMode.Off : asked ?? Mode;
}

/// <summary>What the answers of one device share.</summary>
/// <param name="Policy">When they use the cloud.</param>
/// <param name="Health">What is known of that cloud.</param>
/// <param name="Metrics">Where they count; null: nowhere.</param>
/// <param name="Delays">What they learn of device, link and cloud, and plan by; one answer at a time. Null (default): they learn nothing.</param>
public sealed record AnswerShared(AnswerPolicy Policy, CloudHealth Health, DeviceMetrics? Metrics, LearnedDelays? Delays = null);
