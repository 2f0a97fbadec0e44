using MathNet.Numerics.Statistics;
using PdDevice.Core.Planning;
using PdDevice.Device.Answers;

namespace PdDevice.Benchmarks.Refine;

/// <summary>One answer's lease and catch-up against the closed form of design section 6.</summary>
/// <param name="Device">p and d.</param>
/// <param name="First">T1.</param>
/// <param name="Usage">What the answer took.</param>
/// <param name="Valid">Whether the emulated device kept its pace.</param>
internal sealed record RefineFigures(EngineRates Device, TimeSpan First, AnswerUsage Usage, bool Valid)
{
    public int PromptTokens => Usage.PromptTokens;

    private double P => Device.PrefillTokensPerSecond;

    private double Gain => (1 / Device.DecodeTokensPerSecond) - (1 / P);

    /// <summary>s, and not before the m positions are done: the chunk that is in flight then is among them.</summary>
    private double S => Math.Max(Arrived, M / P);

    private double Arrived => (Usage.Refined?.AtMs ?? 0) / 1000;

    private int M => Usage.Refined?.Raw ?? 0;

    private int W => Usage.Refined?.Kept ?? PromptTokens;

    private int Lease => Usage.Plan?.Lease ?? 0;

    private double CaughtUp => Usage.CaughtUp?.TotalSeconds ?? double.NaN;

    /// <summary>K = (s + W/p - T1) / (tau - 1/p), tau = 1/d.</summary>
    private double ClosedLease => (S + (W / P) - First.TotalSeconds) / Gain;

    /// <summary>The same with what the planner adds: see <see cref="AssistPlanner.Lease"/>.</summary>
    private double ClosedLeaseWithMargin => ClosedLease + (((AssistPlanner.PrefillMargin * W / P) + (Device.DeviceChunk / P) + (1 / Device.DecodeTokensPerSecond)) / Gain);

    /// <summary>ready(K) = s + (W + K)/p.</summary>
    private double ClosedCatchUp => S + ((W + Usage.CloudTokens) / P);

    public static string[] Row(string name, IReadOnlyList<RefineFigures> runs) =>
    [
        name, $"{Median(runs, f => f.First.TotalSeconds):N2}", runs.All(f => f.Usage.Refined is null) ? "" : $"{Median(runs, f => f.Arrived):N2}",
        $"{Median(runs, f => f.M):N0}", $"{Median(runs, f => f.W):N0}",
        $"{Median(runs, f => f.Lease):N0}", $"{Median(runs, f => f.ClosedLease):N0}", $"{Median(runs, f => f.Lease / f.ClosedLease):N3}", $"{Median(runs, f => f.Lease / f.ClosedLeaseWithMargin):N3}",
        $"{Median(runs, f => f.CaughtUp):N2}", $"{Median(runs, f => f.ClosedCatchUp):N2}", $"{Median(runs, f => f.CaughtUp / f.ClosedCatchUp):N3}",
        $"{Median(runs, f => f.Usage.CloudTokens):N0}", $"{Median(runs, f => f.Usage.Assists):N0}", $"{Median(runs, f => f.Usage.OccupancyMs ?? double.NaN):N0}",
    ];

    private static double Median(IReadOnlyList<RefineFigures> runs, Func<RefineFigures, double> figure) => runs.Select(figure).Median();
}
