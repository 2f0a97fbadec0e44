namespace PdDevice.Core.Pacing;

/// <summary>
/// Decides when each committed token is shown: the first at once, the rest evenly, one per period. The period bends when
/// the outlook says that the tokens waiting would run out, and blends into the device's own pace once that makes them.
/// Tokens are counted, not held; the caller passes the time in, as a span since an origin of its own that is not negative
/// and does not go back. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>The rule. With w tokens waiting, the last one due at a, and the n-th token after the committed ones expected at
/// F, a gap of <c>(F - a) / (w + n)</c> shows that token on time and all before it evenly. The gap is the largest of these
/// for the <see cref="Outlook"/>, within its bounds: never shorter than the period (0.9 of it when what has piled up is
/// shown after a handover), at most <see cref="MostBend"/> of it, and, where nothing else can come before the device is
/// ready, up to <see cref="MostStretch"/>, each gap at most <see cref="MostBend"/> times the one before.</para>
/// <para>The first token is never held back: the second is due a period after it at the soonest, and that period is all
/// the time the link gets to bring more.</para>
/// <para>Each token is due one gap after the one before was due, so the lateness of timers does not add up. A token shown
/// half a period late or later (the source starved, or the caller slept) restarts the schedule from that moment. Two tokens
/// are never shown closer together than half the period in force at the first of them, and what piled up during a pause is never dumped.</para>
/// </remarks>
public sealed class SpeedController
{
    /// <summary>Gaps grow to this share of the period at most where that suffices; 1.25 is noticed, and timers are late too.</summary>
    public const double MostBend = 1.2;

    /// <summary>Gaps grow to this share of the period at most where more would be needed: slower than that, a stop is clearer.</summary>
    public const double MostStretch = 3;

    private TimeSpan _anchor;
    private TimeSpan _soonest;
    private TimeSpan _gap;
    private TimeSpan _lastGap;

    /// <param name="period">Time between two shown tokens. Zero shows them as they come.</param>
    public SpeedController(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        Period = _gap = _lastGap = period;
    }

    /// <summary>The period in force.</summary>
    public TimeSpan Period { get; private set; }

    public int Committed { get; private set; }

    public int Shown { get; private set; }

    /// <summary>Committed and not yet shown.</summary>
    public int Waiting => Committed - Shown;

    /// <summary>When the next unshown token is due, in the past if overdue (zero for the first); null when none waits.</summary>
    public TimeSpan? NextDue => Waiting > 0 ? Due : null;

    /// <summary>One more token exists.</summary>
    public void Commit() => Committed++;

    /// <summary>
    /// Sets the gap by what is to be expected; null: nothing is known, and the pace is even. To be called when something
    /// has changed or time has gone by. A token that would so have been due in the past is due now, if it was not before.
    /// </summary>
    public void Expect(Outlook? outlook, TimeSpan now)
    {
        var before = Due < now ? Due : now;
        _gap = outlook is { } known ? Bent(known) : Period;
        if (Due < before) _soonest = before;
    }

    /// <summary>The device makes tokens in this time each: the period becomes it, by at most <see cref="MostBend"/> at a time. A period of zero stays.</summary>
    public void Blend(TimeSpan step) =>
        Period = step > Period * MostBend ? Period * MostBend : step < Period / MostBend ? Period / MostBend : step;

    /// <summary>Shows exactly one token if one waits and is due; false otherwise.</summary>
    public bool TryShow(TimeSpan now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(now, TimeSpan.Zero);
        if (Waiting == 0 || now < Due) return false;
        (_anchor, _lastGap, _soonest) = (Anchor(Due, now), _gap, now + (Period / 2));
        Shown++;
        return true;
    }

    /// <summary>
    /// The instant at which a token that is not committed yet would be due, if the ones before it are shown on time: for
    /// the next one, when the answer stalls if nothing more is committed. Never before <paramref name="now"/>.
    /// </summary>
    /// <param name="now">Now.</param>
    /// <param name="ahead">It is so many after the last one committed, at least 1.</param>
    /// <param name="bend">Gaps on the way, as a share of the period, at least 1; 1 (default) is the even pace.</param>
    public TimeSpan ExhaustedAt(TimeSpan now, int ahead = 1, double bend = 1)
    {
        var due = Shown > 0 ? _anchor + (bend * Period) : TimeSpan.Zero;
        var next = now > due ? now : due;
        var more = Waiting + ahead - 1;
        return more == 0 ? next : Anchor(due, next) + (more * bend * Period);
    }

    private TimeSpan Due
    {
        get
        {
            if (Shown == 0) return TimeSpan.Zero;
            var due = _anchor + _gap;
            return due > _soonest ? due : _soonest;
        }
    }

    private TimeSpan Bent(Outlook outlook)
    {
        if (Shown == 0 || Period == TimeSpan.Zero) return Period;
        var (next, later) = (Needed(outlook.Next), Needed(outlook.Later));
        var needed = next > later ? next : later;
        var most = Period * (outlook.Most > MostBend ? Math.Clamp(MostBend * (_lastGap / Period), 1, outlook.Most) : outlook.Most);
        var least = Period * outlook.Least;
        return needed > most ? most : needed < least ? least : needed;
    }

    private TimeSpan Needed(Supply supply) => (supply.At - _anchor) / (Waiting + supply.Ahead);

    /// <summary>Where the schedule goes on from. Zero is due for the first, so nothing precedes it to keep a schedule with.</summary>
    private TimeSpan Anchor(TimeSpan due, TimeSpan shown) => Shown > 0 && shown - due < Period / 2 ? due : shown;
}
