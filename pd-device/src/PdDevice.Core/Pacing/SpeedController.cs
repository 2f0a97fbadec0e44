namespace PdDevice.Core.Pacing;

/// <summary>
/// Decides when each committed token is shown: the first at once, the rest evenly, one per period. Tokens are counted,
/// not held; the caller passes the time in, as a span since an origin of its own that is not negative and does not go
/// back. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Each token is due one period after the one before was due, so the lateness of timers does not add up. A token shown
/// half a period late or later (the source starved, or the caller slept) restarts the schedule from that moment. Hence
/// two tokens are never shown closer together than half a period, and what piled up during a pause is never dumped.
/// </remarks>
public sealed class SpeedController
{
    private TimeSpan _due;

    /// <param name="period">Time between two shown tokens. Zero shows them as they come.</param>
    public SpeedController(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        Period = period;
    }

    public TimeSpan Period { get; }

    public int Committed { get; private set; }

    public int Shown { get; private set; }

    /// <summary>Committed and not yet shown.</summary>
    public int Waiting => Committed - Shown;

    /// <summary>When the next unshown token is due, in the past if overdue (zero for the first); null when none waits.</summary>
    public TimeSpan? NextDue => Waiting > 0 ? _due : null;

    /// <summary>One more token exists.</summary>
    public void Commit() => Committed++;

    /// <summary>Shows exactly one token if one waits and is due; false otherwise.</summary>
    public bool TryShow(TimeSpan now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(now, TimeSpan.Zero);
        if (Waiting == 0 || now < _due) return false;
        _due = DueAfter(now);
        Shown++;
        return true;
    }

    /// <summary>
    /// The instant at which the next token that is not committed yet would be due, if the ones that wait are shown on
    /// time: when the answer stalls if nothing more is committed. Never before <paramref name="now"/>.
    /// </summary>
    public TimeSpan ExhaustedAt(TimeSpan now)
    {
        var next = now > _due ? now : _due;
        return Waiting == 0 ? next : DueAfter(next) + (Waiting - 1) * Period;
    }

    /// <summary>When the token after one shown at <paramref name="shown"/> is due. Zero is due for the first, so nothing precedes it to keep a schedule with.</summary>
    private TimeSpan DueAfter(TimeSpan shown) =>
        Shown > 0 && shown - _due < Period / 2 ? _due + Period : shown + Period;
}
