namespace PdDevice.Core.Wire;

/// <summary>What makes two engines able to share an answer.</summary>
/// <param name="Model">A name for people: the file's name without its folder.</param>
/// <param name="TokenizerFingerprint">SHA-256, hex, over vocabulary, merges and special ids. Must match.</param>
/// <param name="WeightsFingerprint">SHA-256, hex, of the weights. Equal: exact; different: compatible, if the user allows it.</param>
public sealed record ModelIdentity(string Model, string TokenizerFingerprint, string WeightsFingerprint);
