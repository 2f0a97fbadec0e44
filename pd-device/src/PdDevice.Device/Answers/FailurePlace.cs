namespace PdDevice.Device.Answers;

/// <summary>Where an answer can fail. Each place has exactly one next step; none takes back what was shown.</summary>
public enum FailurePlace
{
    /// <summary>The cloud cannot be reached, does not say who it is in time, or does not fit. Next: the device goes on alone.</summary>
    CloudConnect,

    /// <summary>The cloud refused the assist, or it was lost or silent before its first token. Next: the device goes on alone.</summary>
    CloudFirstToken,

    /// <summary>
    /// The assist was lost, went silent until the shown tokens ran out, ended early or broke a rule after its first token.
    /// Next: the device catches up with what is committed; of a cloud that was lost or silent it asks one continuation, if
    /// that comes sooner.
    /// </summary>
    CloudToken,

    /// <summary>The refined prompt did not come or cannot be used. Next: it is ignored, the device goes on with the raw prompt.</summary>
    RefinedPrompt,

    /// <summary>The device's engine failed on the prompt or on committed tokens. Next: the cloud goes on, by continuations that carry the ledger.</summary>
    DevicePrefill,

    /// <summary>The device's engine failed after it took over and before its first token. Next: the cloud goes on, by continuations that carry the ledger.</summary>
    Handover,

    /// <summary>The device's engine failed after its first token. Next: the cloud goes on, by continuations that carry the ledger.</summary>
    DeviceDecode,

    /// <summary>The client left, or cannot be written to. Next: both sides stop within a step.</summary>
    ClientWrite,
}
