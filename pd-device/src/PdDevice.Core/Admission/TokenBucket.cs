namespace PdDevice.Core.Admission;

/// <summary>
/// A token rate that may go into debt: whoever finds at least one token may take any number, and the next waits until the
/// debt is paid. So a prompt larger than a minute's tokens is served, and the rate still holds over time. Holds a minute's
/// tokens at most and starts full. Not safe for concurrent use.
/// </summary>
/// <param name="perMinute">Tokens a minute, at least 1.</param>
/// <param name="now">The caller's clock, which never runs backwards.</param>
public sealed class TokenBucket(int perMinute, TimeSpan now)
{
    private const double Rounding = 1e-6;

    private double _level = perMinute;
    private TimeSpan _at = now;

    /// <summary>How long until tokens may be taken; zero when they may now.</summary>
    public TimeSpan Wait(TimeSpan now)
    {
        Fill(now);
        return _level >= 1 - Rounding ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _level) * 60 / perMinute);
    }

    /// <summary>Takes tokens, more than there are if need be.</summary>
    public void Take(long tokens, TimeSpan now)
    {
        Fill(now);
        _level -= tokens;
    }

    /// <summary>Returns tokens that were taken and not used.</summary>
    public void GiveBack(long tokens, TimeSpan now)
    {
        Fill(now);
        _level = Math.Min(perMinute, _level + tokens);
    }

    private void Fill(TimeSpan now)
    {
        if (now <= _at) return;
        _level = Math.Min(perMinute, _level + ((now - _at).TotalSeconds * perMinute / 60));
        _at = now;
    }
}
