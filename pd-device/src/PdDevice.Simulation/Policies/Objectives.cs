using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Requests;
using PdDevice.Core.Refinement;

namespace PdDevice.Simulation.Policies;

/// <summary>Which of the two sets of objectives of design section 6 counts, the same for every policy.</summary>
public enum ObjectiveSet
{
    /// <summary>TTFT at most a tenth of the device's own, where that is at least twice (round trip + cloud prefill); tau = 1/d.</summary>
    Relative,

    /// <summary>TTFT at most 1 s.</summary>
    Absolute,
}

/// <summary>What every answer of a run has to keep to; the largest gap is 1.25/d in both sets.</summary>
/// <param name="Set">Which set. Default relative.</param>
/// <param name="MostLoss">Largest loss of quality by refinement, 0 to 1. Default what refinement may lose, by its own rule.</param>
/// <param name="Epsilon">Share of answers that may stall. Default 0.01.</param>
public sealed record Objectives(ObjectiveSet Set = ObjectiveSet.Relative, double MostLoss = -RefinementQuality.LeastLowerBound / 100, double Epsilon = RequestObjectives.DefaultEpsilon)
{
    /// <summary>Those of one request.</summary>
    /// <param name="device">p and d of its device for its prompt.</param>
    /// <param name="promptTokens">N.</param>
    /// <param name="cloudFirst">Round trip and cloud prefill without a queue, seconds.</param>
    public RequestObjectives Of(EngineRates device, int promptTokens, double cloudFirst)
    {
        if (Set == ObjectiveSet.Relative) return RequestObjectives.Relative(device, promptTokens / device.PrefillTokensPerSecond, cloudFirst, MostLoss, Epsilon);
        return RequestObjectives.Absolute(device, MostLoss, Epsilon);
    }
}
