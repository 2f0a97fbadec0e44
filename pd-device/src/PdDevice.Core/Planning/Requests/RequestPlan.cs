namespace PdDevice.Core.Planning.Requests;

/// <summary>What a choice does not keep to.</summary>
[Flags]
public enum Missed
{
    None = 0,

    /// <summary>The device is not ready when the shown tokens run out, or the display is slower than the largest gap.</summary>
    Gap = 1,

    /// <summary>The first token comes too late.</summary>
    Ttft = 2,

    /// <summary>The refined prompt may lose more quality than allowed. Never chosen.</summary>
    Quality = 4,

    /// <summary>The device cannot hold prompt and answer. Never chosen.</summary>
    Memory = 8,

    /// <summary>The cloud is off, or required, or cannot be used. Never chosen.</summary>
    Mode = 16,
}

/// <summary>One choice of settings for a request, or the one that was chosen. Times in seconds from now.</summary>
/// <param name="UseCloud">Whether to ask the cloud.</param>
/// <param name="Lease">K, tokens to ask for, 0 without the cloud; where it is the answer's limit the device never needs to take over.</param>
/// <param name="KeepRatio">r, share of the remaining prompt positions to keep; 1 without refinement.</param>
/// <param name="Period">tau, time between shown tokens; 0: as they come.</param>
/// <param name="FirstToken">When the first token is shown, at the objectives' quantile.</param>
/// <param name="ReadyIn">When the device can produce the token after the lease, at the quantile that keeps stalls to epsilon; without the cloud its first token, at the objectives' quantile.</param>
/// <param name="Occupancy">Expected cloud slot-seconds: prefill, K - 1 steps, refining.</param>
/// <param name="Missed">What it does not keep to; <see cref="Missed.None"/>: it is feasible.</param>
/// <param name="InTime">Probability of a first token within the objective, 0 to 1, as far as waits are known.</param>
public readonly record struct RequestPlan(
    bool UseCloud, int Lease, double KeepRatio, double Period, double FirstToken, double ReadyIn, double Occupancy, Missed Missed, double InTime)
{
    /// <summary>Whether it may be chosen when nothing keeps to everything: the display may suffer, the answer and the user's word may not.</summary>
    public bool Allowed => (Missed & (Missed.Quality | Missed.Memory | Missed.Mode)) == Missed.None;
}
