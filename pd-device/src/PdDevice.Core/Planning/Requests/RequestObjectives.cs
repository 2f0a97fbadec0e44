namespace PdDevice.Core.Planning.Requests;

/// <summary>What one answer has to keep to. Times in seconds.</summary>
/// <param name="Ttft">The first token comes within this; infinity: no objective.</param>
/// <param name="TtftQuantile">With at least this probability, above 0 and below 1.</param>
/// <param name="LargestGap">A longer gap between shown tokens is a stall; above 0.</param>
/// <param name="Epsilon">A stall happens at most with this probability, above 0 and below 1.</param>
/// <param name="SlowestPeriod">The display period tau may be this long; from 1/d to <paramref name="LargestGap"/>.</param>
/// <param name="MostLoss">Largest loss of quality by refinement, by <see cref="QualityPoint.MostLoss"/>; 0: none.</param>
public readonly record struct RequestObjectives(
    double Ttft, double TtftQuantile, double LargestGap, double Epsilon, double SlowestPeriod, double MostLoss)
{
    /// <summary>Of a stall, unless told otherwise: one answer in a hundred.</summary>
    public const double DefaultEpsilon = 0.01;

    /// <summary>The largest gap, in decode steps of the device (design section 6).</summary>
    public const double GapSteps = 1.25;

    /// <summary>A wait is cut to this share of the device's own, in the relative set.</summary>
    public const double RelativeShare = 0.1;

    /// <summary>Below so many (round trip + cloud prefill) of its own first token a request has no TTFT objective, in the relative set.</summary>
    public const double RelativeFrom = 2;

    /// <summary>Absolute (design section 6): TTFT at most 1 s at p90, largest gap at most 1.25/d, tau as slow as that allows.</summary>
    /// <param name="device">The device's rates.</param>
    /// <param name="mostLoss">Largest loss of quality, 0 (default) to 1.</param>
    /// <param name="epsilon">Of a stall.</param>
    public static RequestObjectives Absolute(EngineRates device, double mostLoss = 0, double epsilon = DefaultEpsilon)
    {
        var gap = GapSteps / device.DecodeTokensPerSecond;
        return new(1, 0.9, gap, epsilon, gap, mostLoss);
    }

    /// <summary>
    /// Relative (design section 6): TTFT at most a tenth of the device's own where that is at least twice (round trip +
    /// cloud prefill), else none; largest gap at most 1.25/d; tau = 1/d.
    /// </summary>
    /// <param name="device">The device's rates.</param>
    /// <param name="alone">When the device alone would have its first token, seconds.</param>
    /// <param name="cloudFirst">Round trip and cloud prefill, seconds.</param>
    /// <param name="mostLoss">Largest loss of quality, 0 (default) to 1.</param>
    /// <param name="epsilon">Of a stall.</param>
    public static RequestObjectives Relative(EngineRates device, double alone, double cloudFirst, double mostLoss = 0, double epsilon = DefaultEpsilon)
    {
        var step = 1 / device.DecodeTokensPerSecond;
        return new(alone >= RelativeFrom * cloudFirst ? RelativeShare * alone : double.PositiveInfinity, 0.9, GapSteps * step, epsilon, step, mostLoss);
    }
}
