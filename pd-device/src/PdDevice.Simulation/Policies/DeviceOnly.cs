namespace PdDevice.Simulation.Policies;

/// <summary>The device alone: what a phone does without a cloud.</summary>
public sealed class DeviceOnly : IPolicy
{
    public string Name => "device-only";

    public bool Continues => false;

    public AnswerPlan Plan(in AnswerView view) => new(Way.Device, 0, 0);
}
