namespace PdDevice.Simulation.Policies;

/// <summary>
/// The cloud alone, chunked prefill beside decodes (Sarathi-Serve, OSDI 2024), or prefill and decode on machines apart
/// (Splitwise, ISCA 2024; DistServe, OSDI 2024) where the cloud has such pools. The device shows at its pace, 1/d, so
/// that a late step of the cloud is hidden by what came early.
/// </summary>
/// <param name="name">As its cloud is arranged.</param>
public sealed class CloudOnly(string name) : IPolicy
{
    public string Name => name;

    public bool Continues => false;

    public AnswerPlan Plan(in AnswerView view) => new(Way.Cloud, view.MaxTokens, view.Rates.DecodeStep.Ticks);
}
