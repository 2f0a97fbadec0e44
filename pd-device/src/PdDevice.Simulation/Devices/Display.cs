namespace PdDevice.Simulation.Devices;

/// <summary>Takes gaps between shown tokens.</summary>
public interface IGapSink
{
    /// <param name="gap">Time between two tokens as shown, ticks.</param>
    /// <param name="count">How many such gaps, at least 1.</param>
    void Add(long gap, long count);
}

/// <summary>
/// The speed controller in closed form: what Core's <c>SpeedController</c> shows, token by token, of tokens that come
/// evenly. A test holds the two against each other. Times are ticks on one clock.
/// </summary>
/// <param name="period">Time between two shown tokens, ticks; 0 shows them as they come.</param>
public struct Display(long period)
{
    private readonly long _half = (TimeSpan.FromTicks(period) / 2).Ticks; // rounded as the controller rounds it
    private long _due;

    public long Period { get; } = period;

    /// <summary>When the first token was shown.</summary>
    public long First { get; private set; }

    /// <summary>When the last one was.</summary>
    public long Last { get; private set; }

    public long Shown { get; private set; }

    /// <summary>The largest time between two shown tokens.</summary>
    public long LargestGap { get; private set; }

    /// <summary>When the next token would be due if it were there: when the answer stalls if none comes.</summary>
    public readonly long ExhaustedAt => _due;

    /// <summary>Tokens come, one each <paramref name="step"/> from <paramref name="first"/> on, not before those that came earlier.</summary>
    public void Arrive<T>(long first, long step, long count, T gaps)
        where T : IGapSink
    {
        while (count > 0)
        {
            var late = first - _due;
            long run;
            if (Shown > 0 && late <= 0)
            {
                // On time: as many as come no later than they are due.
                run = step <= Period ? count : Math.Min(count, (-late / (step - Period)) + 1);
                Show(_due, gaps, 1);
                if (run > 1) Show(_due + ((run - 1) * Period), gaps, run - 1, Period);
                _due += run * Period;
            }
            else if (Shown > 0 && late < _half && step == Period)
            {
                // A little late, and staying so: the schedule is kept.
                run = count;
                Show(first, gaps, 1);
                if (run > 1) Show(first + ((run - 1) * step), gaps, run - 1, step);
                _due += run * Period;
            }
            else if (Shown > 0 && step > Period)
            {
                // Late for good: each is shown as it comes.
                run = count;
                Show(first, gaps, 1);
                if (run > 1) Show(first + ((run - 1) * step), gaps, run - 1, step);
                var lateness = LatenessAfter(late, step - Period, run - 1);
                _due = Last + Period - (lateness < _half ? lateness : 0);
            }
            else
            {
                run = 1;
                var keeps = Shown > 0 && late < _half;
                Show(first, gaps, 1);
                _due = keeps ? _due + Period : first + Period;
            }

            first += run * step;
            count -= run;
        }
    }

    /// <summary>How late a token is, so many after one that is late, where each comes slower than it is due: the schedule restarts at half a period.</summary>
    private readonly long LatenessAfter(long late, long slower, long tokens)
    {
        var half = _half;
        var kept = UntilHalf(late);
        if (tokens <= kept) return late + (tokens * slower);
        return slower * (1 + ((tokens - kept - 1) % (UntilHalf(slower) + 1)));

        long UntilHalf(long from) => from >= half ? 0 : (half - from + slower - 1) / slower;
    }

    private void Show<T>(long at, T gaps, long count, long gap = -1)
        where T : IGapSink
    {
        if (Shown == 0)
        {
            First = at;
        }
        else
        {
            gap = gap < 0 ? at - Last : gap;
            gaps.Add(gap, count);
            if (gap > LargestGap) LargestGap = gap;
        }

        Last = at;
        Shown += count;
    }
}
