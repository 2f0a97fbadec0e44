using PdDevice.Core.Pacing;

namespace PdDevice.Tests.Core.Pacing;

/// <summary>
/// An answer's display without an answer: cloud tokens come when a test says so, the device is ready when it says so and
/// then makes a token a step. Looks whenever something happens or is due, as the answer's loop does.
/// </summary>
internal sealed class PaceRun(TimeSpan period)
{
    /// <summary>When each cloud token comes, rising.</summary>
    public required IReadOnlyList<TimeSpan> Cloud { get; init; }

    /// <summary>Tokens the assist may bring; those that never come keep it open. Default: those that come.</summary>
    public int? Lease { get; init; }

    /// <summary>When the device takes over; null: never.</summary>
    public required TimeSpan? Ready { get; init; }

    /// <summary>What the device says at an instant about when it will be ready; default the truth.</summary>
    public Func<TimeSpan, TimeSpan>? ReadyAsSaid { get; init; }

    /// <summary>Time of each of the device's steps, told its number.</summary>
    public Func<int, TimeSpan> Step { get; init; } = _ => TimeSpan.FromMilliseconds(1);

    /// <summary>What the device says at the handover that a step will take; default the period.</summary>
    public TimeSpan? StepAsSaid { get; init; }

    /// <summary>Whether a continuation may be asked for, if the forecast wants one.</summary>
    public bool MayAsk { get; init; }

    public SpeedController Pace { get; } = new(period);

    /// <summary>Index of the first token the device made.</summary>
    public int Handover { get; private set; }

    /// <summary>Shows so many tokens, or as many as come, and says when each was committed and shown.</summary>
    public IReadOnlyList<(TimeSpan Committed, TimeSpan Shown)> Run(int tokens)
    {
        var forecast = new PaceForecast();
        forecast.Asked(TimeSpan.Zero, Cloud.Count > 0 ? Cloud[0] : period, Lease ?? Cloud.Count);
        var (now, arrived, made, committed, shown) = (TimeSpan.Zero, 0, 0, new List<TimeSpan>(), new List<(TimeSpan, TimeSpan)>());
        while (shown.Count < tokens)
        {
            // Half a period is the longest between two looks, as something always happens in an answer.
            var next = now + (period / 2);
            if (arrived < Cloud.Count && made == 0 && Cloud[arrived] < next) next = Cloud[arrived];
            if (NextMade() is { } at && at < next) next = at;
            if (Pace.NextDue is { } due && due < next) next = due;
            now = next > now ? next : now;

            if (arrived < Cloud.Count && made == 0 && Cloud[arrived] <= now && Cloud[arrived] <= (Ready ?? TimeSpan.MaxValue))
            {
                forecast.FromCloud(Cloud[arrived++]);
                Commit();
                continue;
            }

            if (NextMade() <= now)
            {
                if (made++ == 0) forecast.TookOver(now, StepAsSaid ?? period);
                Pace.Blend(forecast.FromDevice(now, 1));
                Commit();
            }

            if (made == 0) Handover = committed.Count;
            if (Lease is null && arrived == Cloud.Count) forecast.Closed();
            var said = ReadyAsSaid?.Invoke(now) ?? Ready;
            Pace.Expect(forecast.At(now, Pace, new DeviceOutlook(said - now, TimeSpan.Zero, MayAsk)), now);
            if (Pace.TryShow(now)) shown.Add((committed[shown.Count], now));
            if (now > TimeSpan.FromMinutes(10)) break;
        }

        return shown;

        void Commit()
        {
            Pace.Commit();
            committed.Add(now);
        }

        TimeSpan? NextMade() => made == 0 ? Ready : committed[^1] + Step(made);
    }
}
