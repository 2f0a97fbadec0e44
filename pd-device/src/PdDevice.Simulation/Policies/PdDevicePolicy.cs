using PdDevice.Core.Planning.Requests;

namespace PdDevice.Simulation.Policies;

/// <summary>P/D-Device: Core's <see cref="RequestPlanner"/> for each request, continuations by Core's slip forecast.</summary>
/// <param name="objectives">What answers have to keep to.</param>
/// <param name="quality">Keep ratios to choose from; null: no refinement.</param>
public sealed class PdDevicePolicy(Objectives objectives, QualityTable? quality) : IPolicy
{
    private readonly RequestPlanner _planner = new(quality, 0);

    public string Name => quality is null ? "pd-device-unrefined" : "pd-device";

    public bool Continues => true;

    public AnswerPlan Plan(in AnswerView view)
    {
        var input = Input(view);
        return Translate(_planner.Plan(input, objectives.Of(view.Rates, view.PromptTokens, input.RoundTrip + input.CloudPrefill)), view);
    }

    internal static RequestInput Input(in AnswerView view) => new()
    {
        PromptTokens = view.PromptTokens, MaxTokens = view.MaxTokens, Device = view.Rates, DevicePositions = view.Device.Positions,
        DeviceSlack = view.Rates.DeviceChunk / view.Rates.PrefillTokensPerSecond,
        RoundTrip = view.RoundTrip.TotalSeconds, CloudPrefill = view.PromptTokens / view.Cloud.PrefillTokensPerSecond,
        CloudStep = 1 / view.Cloud.DecodeTokensPerSecond, MostLease = view.MaxLease, Delays = view.Delays,
        RefineSeconds = view.CaptureShare * view.PromptTokens / view.Cloud.PrefillTokensPerSecond,
    };

    internal static AnswerPlan Translate(in RequestPlan plan, in AnswerView view) =>
        !plan.UseCloud ? new AnswerPlan(Way.Device, 0, 0)
        : new AnswerPlan(
            view.PromptTokens + view.MaxTokens > view.Device.Positions && plan.Lease >= view.MaxTokens ? Way.Cloud : Way.Both,
            plan.Lease, (long)(plan.Period * TimeSpan.TicksPerSecond), plan.KeepRatio);
}
