namespace PdDevice.Simulation.Reports;

/// <summary>The short table: what the terminal and the documentation show of each policy.</summary>
public static class ReportTable
{
    public static IReadOnlyList<(string Head, Func<PolicyResult, string> Cell)> Columns { get; } =
    [
        ("policy", p => p.Policy),
        ("load", p => $"{p.Load:0.##}"),
        ("TTFT p50 / p99 ms", p => Told(p, $"{p.TtftP50Ms:N0} / {p.TtftP99Ms:N0}")),
        ("TPOT mean ms", p => Told(p, $"{p.TpotMeanMs:N0}")),
        ("largest gap p99 ms", p => Told(p, $"{p.LargestGapP99Ms:N0}")),
        ("total p50 s", p => Told(p, $"{p.TotalP50Ms / 1000:N1}")),
        ("ended in cloud", p => $"{p.EndedInCloudShare:0.0%}"),
        ("cloud tokens/answer", p => $"{p.CloudTokensPerAnswer:N1}"),
        ("slot s/answer", p => $"{p.SlotSecondsPerAnswer:N3}"),
        ("goodput/acc.", p => $"{p.Goodput:N2}"),
        ("ceiling", p => $"{p.Ceiling:N2}x"),
        ("met / attainable", p => $"{p.MetShare:0.0%} / {p.AttainableShare:0.0%}"),
        ("stalled", p => $"{p.StalledShare:0.0%}"),
    ];

    // A time of nothing is no time of zero.
    private static string Told(PolicyResult policy, string times) => policy.Answers > policy.Impossible ? times : "-";
}
