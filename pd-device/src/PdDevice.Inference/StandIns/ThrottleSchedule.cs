namespace PdDevice.Inference.StandIns;

/// <summary>
/// How an emulated device is throttled over time, as one that grows too hot: from each instant on it runs at a share of
/// its speed, until the next. Before the first it runs at full speed.
/// </summary>
public sealed class ThrottleSchedule
{
    private readonly (TimeSpan From, double Speed)[] _steps;

    /// <param name="steps">Instants since the schedule begins, rising from zero or later, each with its share of the speed, above 0 and at most 1.</param>
    /// <exception cref="ArgumentException">They are not so.</exception>
    public ThrottleSchedule(params (TimeSpan From, double Speed)[] steps)
    {
        var before = TimeSpan.FromTicks(-1);
        foreach (var (from, speed) in steps)
        {
            if (from <= before || speed is not (> 0 and <= 1)) throw new ArgumentException("Instants rise from 0 and speeds are above 0 and at most 1.", nameof(steps));
            before = from;
        }

        _steps = [.. steps];
    }

    /// <summary>When work that would take so long at full speed is done.</summary>
    /// <param name="start">When it begins, since the schedule begins.</param>
    /// <param name="work">Zero or longer.</param>
    public TimeSpan Done(TimeSpan start, TimeSpan work)
    {
        var speed = 1.0;
        foreach (var (from, next) in _steps)
        {
            if (from > start)
            {
                if (start + (work / speed) <= from) break;
                work -= (from - start) * speed;
                start = from;
            }

            speed = next;
        }

        return start + (work / speed);
    }

    public override string ToString() => string.Join(", ", _steps.Select(step => FormattableString.Invariant($"{step.Speed:0.##} of its speed from {step.From.TotalSeconds:0.##} s on")));
}
