namespace PdDevice.Core.Planning.Costs;

/// <summary>
/// How long an engine needs for a batch. The one seam for it: the planner, the fleet planner and the simulator ask it;
/// <see cref="Roofline"/> computes it from data sheets, <see cref="MeasuredCosts"/> learns it from an engine's own calls.
/// </summary>
public interface ICostModel
{
    /// <summary>Seconds of one engine call, at least 0; 0 for no work.</summary>
    double Seconds(in BatchWork work);
}

/// <summary>What follows from <see cref="ICostModel.Seconds"/>. Nothing here allocates.</summary>
public static class CostModelExtensions
{
    /// <summary>Seconds to ingest known tokens of one sequence, alone on the machine.</summary>
    /// <param name="model">The machine.</param>
    /// <param name="tokens">Tokens to ingest, 0 or more.</param>
    /// <param name="from">Positions held before, default 0.</param>
    /// <param name="chunk">Tokens of one call, at least 1; default: all in one.</param>
    public static double PrefillSeconds(this ICostModel model, int tokens, int from = 0, int chunk = int.MaxValue)
    {
        var seconds = 0.0;
        for (var done = 0; done < tokens;)
        {
            var count = Math.Min(chunk, tokens - done);
            seconds += model.Seconds(BatchWork.Prefill(from + done, count));
            done += count;
        }

        return seconds;
    }

    /// <summary>Seconds of one decode step: each sequence gets one token.</summary>
    /// <param name="model">The machine.</param>
    /// <param name="sequences">Sequences that decode together, at least 1.</param>
    /// <param name="kvPositions">Positions they hold, summed.</param>
    public static double DecodeStepSeconds(this ICostModel model, int sequences, long kvPositions) =>
        model.Seconds(BatchWork.Decode(sequences, kvPositions));

    /// <summary>p and d of design section 6 for one sequence on this machine.</summary>
    /// <param name="model">The machine.</param>
    /// <param name="promptTokens">N, at least 1: p is the mean over such a prompt, d is that after it.</param>
    /// <param name="chunk">Tokens of one prefill call; default <see cref="EngineRates.LargestChunk"/>.</param>
    public static EngineRates Rates(this ICostModel model, int promptTokens, int chunk = EngineRates.LargestChunk) =>
        new(promptTokens / model.PrefillSeconds(promptTokens, 0, chunk), 1 / model.DecodeStepSeconds(1, promptTokens));
}
