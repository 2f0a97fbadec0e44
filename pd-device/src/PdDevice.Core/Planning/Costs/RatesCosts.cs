namespace PdDevice.Core.Planning.Costs;

/// <summary>
/// A machine of which only p and d are known: a prefill token costs 1/p, a decode step 1/d however many sequences share
/// it. Right for one sequence, as on a device; for a cloud it is where <see cref="MeasuredCosts"/> begins.
/// </summary>
public sealed class RatesCosts(EngineRates rates) : ICostModel
{
    public double Seconds(in BatchWork work) =>
        (work.PrefillTokens / rates.PrefillTokensPerSecond) + (work.DecodeSequences > 0 ? 1 / rates.DecodeTokensPerSecond : 0);
}
