using PdDevice.Core.Planning.Requests;

namespace PdDevice.Simulation.Policies;

/// <summary>
/// DiSCo (arXiv 2502.11417), with the cloud as the endpoint whose time is dear: prompts up to a length stay on the device,
/// longer ones race both endpoints; when the cloud wins, decode migrates to the device by its token ids as soon as the
/// buffered tokens last until the device has ingested prompt and tokens, at the mean rates. The loser's prefill goes on
/// instead of being dropped and begun again: a favour to it.
/// </summary>
/// <param name="margin">Buffered tokens over those the mean rates ask for; at least 1.</param>
/// <param name="longestOnDevice">The dispatch threshold: seconds of the device's own TTFT up to which the cloud is not asked.</param>
public sealed class Disco(double longestOnDevice, double margin) : IPolicy
{
    public string Name => "disco";

    public bool Continues => false;

    public AnswerPlan Plan(in AnswerView view)
    {
        if (view.PromptTokens + view.MaxTokens > view.Device.Positions) return new AnswerPlan(Way.Cloud, view.MaxTokens, view.Rates.DecodeStep.Ticks);
        var alone = view.PromptTokens / view.Rates.PrefillTokensPerSecond;
        return alone <= longestOnDevice
            ? new AnswerPlan(Way.Device, 0, 0)
            : new AnswerPlan(Way.Both, Math.Min(view.MaxTokens, view.MaxLease), view.Rates.DecodeStep.Ticks);
    }

    public int Enough(in FirstTokenView view, int lease)
    {
        var enough = new LeaseForm(view.PrefillLeft * margin, 1 / view.Rates.PrefillTokensPerSecond, 0, view.Period, 0).Tokens(lease);
        // The stop is half a round trip on its way, and the first token was as long.
        return enough == 0 ? lease : enough + (int)Math.Ceiling(view.RoundTrip.TotalSeconds * view.CloudDecode);
    }
}
