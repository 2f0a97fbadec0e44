using PdDevice.Core.Planning.Delays;

namespace PdDevice.Core.Planning.Requests;

/// <summary>The uncertain terms at the quantiles one request needs, looked up once. Times in seconds.</summary>
/// <remarks>
/// A stall needs at least one of five terms (wait and jitter, early and late, and the slowdown) to be worse than its
/// quantile, a late first token one of two: the probability allowed is shared out among them (union bound).
/// </remarks>
internal readonly struct Spread
{
    private readonly LearnedDelays? _delays;
    private readonly (double Wait, double Jitter) _early, _late, _latest;

    /// <summary>Whether any delays are known.</summary>
    public readonly bool Learned;

    /// <summary>Time of the device's prefill over its rate's promise, at the quantile of the TTFT objective.</summary>
    public readonly double UsualSlowdown;

    /// <summary>The same when it is slow.</summary>
    public readonly double Slowdown;

    /// <param name="delays">Null: nothing varies.</param>
    /// <param name="ttftQuantile">Probability of a first token in time, above 0 and below 1.</param>
    /// <param name="epsilon">Probability of a stall, above 0 and below 1.</param>
    public Spread(LearnedDelays? delays, double ttftQuantile, double epsilon)
    {
        (UsualSlowdown, Slowdown) = (1, 1);
        (_delays, Learned) = (delays, delays is not null);
        if (delays is null) return;
        var share = epsilon / 5;
        _early = At(share);
        _late = At(1 - ((1 - ttftQuantile) / 2));
        _latest = At(1 - share);
        if (delays.Slowdown.Count > 0) (UsualSlowdown, Slowdown) = (delays.Slowdown.Quantile(ttftQuantile), delays.Slowdown.Quantile(1 - share));

        (double, double) At(double quantile) => (delays.CloudWait.Quantile(quantile), delays.LinkJitter.Quantile(quantile));
    }

    /// <summary>The cloud's first token when it comes early: the display then runs out early.</summary>
    /// <param name="usual">Round trip and the cloud's prefill.</param>
    public double Early(double usual) => usual + _early.Wait + _early.Jitter;

    /// <summary>The cloud's first token, at the quantile of the TTFT objective.</summary>
    public double Late(double usual) => usual + _late.Wait + _late.Jitter;

    /// <summary>Probability that the cloud's first token comes within a time, as far as waits are known; jitter counts as it usually is.</summary>
    /// <param name="usual">Round trip and the cloud's prefill.</param>
    /// <param name="within">Seconds.</param>
    public double InTime(double usual, double within) =>
        _delays is { CloudWait.Count: > 0 } ? _delays.CloudWait.ShareAtMost(within - usual - _delays.LinkJitter.Quantile(0.5)) : usual <= within ? 1 : 0;

    /// <summary>The same of the device alone.</summary>
    /// <param name="work">Seconds of prefill, by its rate.</param>
    /// <param name="lead">Seconds of it that have passed.</param>
    /// <param name="within">Seconds.</param>
    public double AloneInTime(double work, double lead, double within) =>
        _delays is { Slowdown.Count: > 0 } && work > 0 ? _delays.Slowdown.ShareAtMost((within + lead) / work) : work - lead <= within ? 1 : 0;

    /// <summary>What the cloud sends with its first token, a refined prompt, when it comes late.</summary>
    public double Latest(double usual) => usual + _latest.Wait + _latest.Jitter;
}
