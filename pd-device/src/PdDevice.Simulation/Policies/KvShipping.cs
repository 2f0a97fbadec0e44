using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Simulation.Policies;

/// <summary>
/// KV shipping: the cloud prefills and streams first tokens, and sends the KV state of the prompt's end, quantised as
/// CacheGen (SIGCOMM 2024) does, while the device works from the front; where they meet the device goes on. The lease is
/// the closed form with that meeting point, the rest as P/D-Device.
/// </summary>
/// <param name="objectives">What answers have to keep to.</param>
/// <param name="bytesPerPosition">Of shipped state.</param>
public sealed class KvShipping(Objectives objectives, double bytesPerPosition) : IPolicy
{
    private readonly RequestPlanner _planner = new(null, 0);

    public string Name => "kv-shipping";

    public bool Continues => true;

    public AnswerPlan Plan(in AnswerView view)
    {
        // Whether the cloud is worth asking is decided by the device's wait without its help, not by that with it.
        var input = PdDevicePolicy.Input(view);
        var first = input.RoundTrip + input.CloudPrefill;
        var wanted = objectives.Of(view.Rates, view.PromptTokens, first);
        var plan = _planner.Plan(input, wanted);
        if (!plan.UseCloud) return PdDevicePolicy.Translate(plan, view);

        // From the cloud's first token on, positions are done at both ends: as if the device prefilled so much faster.
        var shipped = view.DownBitsPerSecond > 0 ? view.DownBitsPerSecond / 8 / bytesPerPosition : 1e9;
        var p = view.Rates.PrefillTokensPerSecond;
        var meets = first + Math.Max(0, (view.PromptTokens - (first * p)) / (p + shipped));
        var lead = (view.PromptTokens / p) - meets;
        if (lead > 0) plan = _planner.Plan(input with { DeviceLead = lead, Mode = CloudMode.Required }, wanted);
        return PdDevicePolicy.Translate(plan, view) with { ShipsState = true };
    }
}
