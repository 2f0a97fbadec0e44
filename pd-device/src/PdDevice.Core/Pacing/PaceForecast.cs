namespace PdDevice.Core.Pacing;

/// <summary>How far the device is, when asked.</summary>
/// <param name="ReadyIn">Until it has ingested prompt and committed tokens, from now; null: it cannot go on.</param>
/// <param name="PerToken">What each further token adds to that: its ingestion.</param>
/// <param name="MayAsk">Whether a continuation can be asked for before the shown tokens run out.</param>
public readonly record struct DeviceOutlook(TimeSpan? ReadyIn, TimeSpan PerToken, bool MayAsk);

/// <summary>
/// What to expect of the sources of an answer, from what they did so far: the cloud's next token while an assist runs, the
/// device's readiness, and after the handover the device's own steps. Instants are spans since the answer's origin and do
/// not go back. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// A source that is overdue is expected to stay silent for as long again as it has been overdue: pauses of a link have no
/// typical length. While a continuation may still be asked for, the pace does not bend for a readiness that only
/// <see cref="GentleBend"/> and more would bridge: the continuation will.
/// </remarks>
public sealed class PaceForecast
{
    /// <summary>A slip that so much of a bend bridges is bridged so; a larger one is worth a continuation.</summary>
    public const double GentleBend = 1.1;

    /// <summary>What has piled up by the handover is shown so much faster, down to one token.</summary>
    private const double Draining = 0.9;

    /// <summary>Steps of the device looked ahead; one more is what is kept in reserve.</summary>
    private const int Ahead = 9;

    private const double Smoothing = 0.25;

    private TimeSpan _last;
    private TimeSpan _step;
    private int _left;
    private bool _first;
    private bool _device;

    /// <summary>An assist was opened.</summary>
    /// <param name="now">Now.</param>
    /// <param name="firstIn">When its first token is expected, from now.</param>
    /// <param name="lease">Tokens it may bring.</param>
    public void Asked(TimeSpan now, TimeSpan firstIn, int lease) =>
        (_last, _step, _left, _first, _device) = (now, firstIn, lease, true, false);

    /// <summary>The assist is over: nothing more comes of it.</summary>
    public void Closed() => _left = 0;

    /// <summary>A token of the cloud was committed.</summary>
    public void FromCloud(TimeSpan now)
    {
        _step = _first ? TimeSpan.Zero : _step + ((now - _last - _step) * Smoothing);
        (_last, _first) = (now, false);
        _left--;
    }

    /// <summary>The device took over and is about to make its first token.</summary>
    /// <param name="now">Now.</param>
    /// <param name="step">What its decode steps are expected to take.</param>
    public void TookOver(TimeSpan now, TimeSpan step) => (_last, _step, _left, _first, _device) = (now, step, 0, true, true);

    /// <summary>The device made these tokens.</summary>
    /// <param name="now">Now.</param>
    /// <param name="tokens">How many came since the last call, at least 1.</param>
    /// <returns>What its steps take, by the last few.</returns>
    public TimeSpan FromDevice(TimeSpan now, int tokens)
    {
        var steps = _first ? tokens - 1 : tokens; // its first token takes no step: the logits were there
        if (steps > 0) _step += (((now - _last) / steps) - _step) * Smoothing;
        (_last, _first) = (now, false);
        return _step;
    }

    /// <summary>What to expect now; null: nothing at all.</summary>
    /// <param name="now">Now.</param>
    /// <param name="pace">The display.</param>
    /// <param name="device">The device, which counts before the handover only.</param>
    public Outlook? At(TimeSpan now, SpeedController pace, DeviceOutlook device)
    {
        if (_device) return Own(now, pace.Period);
        if (now + device.ReadyIn is not { } ready) return _left > 0 ? Cloud(Expected(now)) : null;
        if (_left <= 0) return Slips(now, pace, device.MayAsk, ready, 1) ? null : Device(ready, pace.Period, device.MayAsk);
        var next = Expected(now);
        if (ready <= next) return Device(ready, pace.Period, mayAsk: false);

        // After the last token of the lease comes the device's first, which has those to ingest too.
        var last = new Supply(_left + 1, ready + (_left * device.PerToken));
        return Slips(now, pace, device.MayAsk, last.At, last.Ahead) ? Cloud(next) : Cloud(next) with { Later = last };
    }

    private static bool Slips(TimeSpan now, SpeedController pace, bool mayAsk, TimeSpan at, int ahead) =>
        mayAsk && at > pace.ExhaustedAt(now, ahead, GentleBend);

    private static Outlook Cloud(TimeSpan next) => new(new Supply(1, next), new Supply(1, next), 1, SpeedController.MostBend);

    /// <summary>The device next, and its steps from then on; one of those looked ahead is kept in reserve.</summary>
    private static Outlook Device(TimeSpan ready, TimeSpan step, bool mayAsk) => new(
        new Supply(1, ready), new Supply(Ahead, ready + (Ahead * step)), 1, mayAsk ? SpeedController.MostBend : SpeedController.MostStretch);

    /// <summary>After the handover: one that is slower than the period is gone over to gap by gap, while tokens wait.</summary>
    private Outlook Own(TimeSpan now, TimeSpan period) =>
        Device(Expected(now), _step, mayAsk: true) with { Least = Draining, Most = SpeedController.MostBend * Math.Max(1, _step / period) };

    private TimeSpan Expected(TimeSpan now)
    {
        var expected = _last + _step;
        return expected >= now ? expected : now + (now - expected);
    }
}
