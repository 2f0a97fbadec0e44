namespace PdDevice.Core.Planning;

/// <summary>Whether answers may use the cloud.</summary>
public enum CloudMode
{
    /// <summary>When it helps; the device goes on alone whatever becomes of it.</summary>
    Auto,

    /// <summary>Never: nothing leaves the device.</summary>
    Off,

    /// <summary>The first token comes from the cloud, or the answer ends with a named error before any.</summary>
    Required,
}

/// <summary>How much the device's own work costs its user now.</summary>
public enum PowerHint
{
    Normal,

    /// <summary>The battery is low or the device is hot: the cloud is asked whenever it saves any wait.</summary>
    Low,
}

/// <summary>What is known before a byte leaves the device.</summary>
/// <param name="Mode">What the user allows.</param>
/// <param name="Configured">Whether there is a cloud at all.</param>
/// <param name="DeviceFirstToken">When the device alone would have its first token, from now; what it holds of the conversation is counted.</param>
/// <param name="TargetTtft">A first token within this needs no cloud; zero or more.</param>
/// <param name="Power">Of the device.</param>
/// <param name="HeldOff">How long the cloud still wants not to be asked (quota used up, too busy); zero or less: it does not.</param>
/// <param name="BreakerOpen">Whether the cloud failed so often of late that it is left alone.</param>
public sealed record CloudChoiceInput(
    CloudMode Mode, bool Configured, TimeSpan DeviceFirstToken, TimeSpan TargetTtft, PowerHint Power, TimeSpan HeldOff, bool BreakerOpen);

/// <summary>Whether to turn to the cloud at all. Where it is asked, <see cref="AssistPlanner"/> decides next, from what it says of itself.</summary>
/// <param name="Ask">Whether bytes may leave for this answer.</param>
/// <param name="Unusable">Not asked because it cannot be used now, which is worth telling; false where it is not needed or not allowed.</param>
/// <param name="Reason">One sentence for a person, without a capital or a full stop.</param>
public sealed record CloudChoice(bool Ask, bool Unusable, string Reason)
{
    public static CloudChoice Decide(CloudChoiceInput input)
    {
        if (input.Mode == CloudMode.Off) return new CloudChoice(false, false, "local only: the cloud is off");
        if (!input.Configured) return new CloudChoice(false, input.Mode == CloudMode.Required, "no cloud is configured");
        var needed = input.Mode == CloudMode.Required || input.Power == PowerHint.Low || input.DeviceFirstToken > input.TargetTtft;
        if (!needed)
        {
            return new CloudChoice(false, false,
                $"the device's own first token, in {input.DeviceFirstToken.TotalMilliseconds:F0} ms, is within the target of {input.TargetTtft.TotalMilliseconds:F0} ms");
        }

        if (input.HeldOff > TimeSpan.Zero)
            return new CloudChoice(false, true, $"the cloud wants not to be asked for another {Math.Ceiling(input.HeldOff.TotalSeconds):F0} s");
        if (input.BreakerOpen)
            return new CloudChoice(false, true, "the cloud failed too often of late and is left alone for a while");
        return new CloudChoice(true, false, "the cloud may help");
    }
}
