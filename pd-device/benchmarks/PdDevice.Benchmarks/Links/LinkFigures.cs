using MathNet.Numerics.Statistics;

namespace PdDevice.Benchmarks.Links;

/// <summary>What a link's answers come to, against the same prompts on the devices alone.</summary>
internal sealed class LinkFigures
{
    /// <summary>No gap may be longer, in TPOTs of the device alone.</summary>
    public const double MostGap = 1.25;

    private const double MostTpot = 1.05;
    private const double MostTtftMs = 20;

    private readonly LinkResult _result;
    private readonly double _tpot;
    private readonly double[] _gaps;
    private readonly double[] _ttfts;

    /// <param name="result">Of the link.</param>
    /// <param name="alone">Of the same load without a cloud.</param>
    public LinkFigures(LinkResult result, LinkResult alone)
    {
        _result = result;
        _tpot = alone.Answers.Average(answer => answer.TpotMs);
        _gaps = [.. result.Answers.SelectMany(answer => answer.Gaps).Select(gap => gap.Ms / _tpot)];
        _ttfts = [.. result.Answers.Select(answer => answer.TtftMs)];
        TtftAgainstAloneMs = result.Answers.Zip(alone.Answers, (link, device) => link.TtftMs - device.TtftMs).Max();
        Tpot = result.Answers.Average(answer => answer.TpotMs) / _tpot;
        Long = [.. result.Answers.SelectMany(answer => answer.Gaps).Where(TooLong)];
        LongAfterCatchUp = [.. result.Answers.SelectMany(answer => answer.GapsAfterCatchUp).Where(TooLong)];

        bool TooLong(MeasuredAnswer.Gap gap) => gap.Ms > MostGap * _tpot;
    }

    public static IReadOnlyList<string> Heads { get; } =
    [
        "link", "TTFT ms p50, p90, max", "worst against device-only", "gap p50", "p99", "p99.9", "largest", "mean TPOT", "gaps over 1.25: all, after catch-up, machine's", "assists", "cloud tokens", "cloud slot ms", "target",
    ];

    /// <summary>The worst TTFT of an answer minus that of the same prompt on the device alone, ms.</summary>
    public double TtftAgainstAloneMs { get; }

    /// <summary>Mean TPOT in TPOTs of the devices alone.</summary>
    public double Tpot { get; }

    public IReadOnlyList<MeasuredAnswer.Gap> Long { get; }

    public IReadOnlyList<MeasuredAnswer.Gap> LongAfterCatchUp { get; }

    /// <summary>Whether the machine kept up: at most 1% of the engines' steps late, at most one timer in a thousand.</summary>
    public bool Valid => _result.LateSteps * 100 <= _result.Steps && Timer(0.999) <= TimerWatch.Late.TotalMilliseconds;

    /// <summary>The machine, in one sentence.</summary>
    public string Machine =>
        $"{_result.LateSteps} of {_result.Steps} engine steps late, timers late by {Timer(0.99):N1} ms at p99, {Timer(0.999):N1} ms at p99.9, {_result.TimerLatenessMs[^1]:N0} ms at most";

    /// <summary>The answer with the largest gap, in one sentence.</summary>
    public string Worst
    {
        get
        {
            var (number, answer) = _result.Answers.Index().MaxBy(one => one.Item.Gaps.Max(gap => gap.Ms));
            var gap = answer.Gaps.MaxBy(one => one.Ms);
            return $"largest gap: {gap.Ms / _tpot:N2} before token {gap.Index} of answer {number} (TTFT {answer.TtftMs:N0} ms, handover {answer.End.HandoverIndex}, {answer.End.Assists} assists{(answer.End.CloudTrouble is { } trouble ? $"; {trouble}" : "")})";
        }
    }

    /// <param name="name">Of the link.</param>
    /// <param name="silent">It goes silent, so that the target is another; null: none.</param>
    public string[] Row(string name, bool? silent)
    {
        var answers = _result.Answers;
        var occupancy = answers.Select(answer => answer.End.OccupancyMs ?? 0).ToArray();
        return
        [
            name, $"{_ttfts.Median():N0}, {_ttfts.Quantile(0.9):N0}, {_ttfts.Max():N0}", $"{TtftAgainstAloneMs:+#,0;-#,0;0} ms",
            $"{_gaps.Median():N2}", $"{_gaps.Quantile(0.99):N2}", $"{_gaps.Quantile(0.999):N2}", $"{_gaps.Max():N2}", $"{Tpot:N3}",
            $"{Long.Count}, {LongAfterCatchUp.Count}, {Long.Count(gap => _result.Watch.Disturbed(gap.From, gap.To))}",
            $"{answers.Average(answer => answer.End.Assists):N2}", $"{answers.Average(answer => 100.0 * answer.End.CloudTokens / (answer.End.CloudTokens + answer.End.DeviceTokens)):N0}%",
            $"{occupancy.Average():N0}", Valid ? silent is null ? "" : Met(silent.Value) ? "met" : "missed" : "invalid run",
        ];
    }

    /// <summary>Whether the link's target is met. A gap after the catch-up in which a timer was late is the machine's.</summary>
    public bool Met(bool silent) => silent
        ? TtftAgainstAloneMs <= MostTtftMs && LongAfterCatchUp.All(gap => _result.Watch.Disturbed(gap.From, gap.To))
        : _gaps.Quantile(0.999) <= MostGap && Tpot <= MostTpot;

    private double Timer(double quantile) => _result.TimerLatenessMs[(int)Math.Ceiling(quantile * (_result.TimerLatenessMs.Count - 1))];
}
