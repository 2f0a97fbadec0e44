namespace PdDevice.Core.Planning.Requests;

/// <summary>
/// The closed form of the lease (design section 6): the smallest K with <c>ready(K) = ready + K a &lt;= first + K tau + slack</c>,
/// hence <c>K = (ready - first - slack) / (tau - a)</c>. All in seconds.
/// </summary>
/// <param name="Ready">When the device has ingested all but the lease.</param>
/// <param name="PerToken">a: what each token of the lease costs the device, 1/p.</param>
/// <param name="First">When the first token of the lease is shown.</param>
/// <param name="Period">tau: time between shown tokens.</param>
/// <param name="Slack">How much later than due the token after the lease may be, 0 for never late.</param>
public readonly record struct LeaseForm(double Ready, double PerToken, double First, double Period, double Slack)
{
    /// <summary>Whether a lease of so many tokens keeps the display fed.</summary>
    public bool Fits(int lease) => Ready + (lease * PerToken) <= First + (lease * Period) + Slack;

    /// <summary>The smallest lease that keeps the display fed.</summary>
    /// <param name="limit">Largest lease looked at, at least 1.</param>
    /// <returns>1 to <paramref name="limit"/>; 0: none up to there does.</returns>
    public int Tokens(int limit)
    {
        if (Fits(1)) return 1;
        var gain = Period - PerToken; // by this the device gains on the display with every token
        var exact = (Ready - First - Slack) / gain;
        if (!(gain > 0) || !(exact <= limit)) return Fits(limit) && gain > 0 ? limit : 0;
        var lease = Math.Clamp((int)Math.Ceiling(exact), 1, limit);
        while (lease > 1 && Fits(lease - 1)) lease--; // rounding may be off by one, either way
        while (lease < limit && !Fits(lease)) lease++;
        return Fits(lease) ? lease : 0;
    }
}
