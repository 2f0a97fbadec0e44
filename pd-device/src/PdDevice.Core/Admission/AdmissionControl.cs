using PdDevice.Core.Wire;

namespace PdDevice.Core.Admission;

/// <summary>What a request asks of the cloud, as admission sees it.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Generations">Generations it starts, all or none; at least 1.</param>
/// <param name="Tokens">Tokens it is charged: of each generation the prompt, what is committed and the most it may generate.</param>
/// <param name="Prefill">Tokens to ingest before its first token.</param>
/// <param name="ReadyIn">When the device could go on alone, from now; null where there is no such instant.</param>
public sealed record AdmissionAsk(string Owner, int Generations, long Tokens, int Prefill, TimeSpan? ReadyIn);

/// <summary>Why a request is not admitted.</summary>
/// <param name="Error">Its name, and what to do.</param>
/// <param name="RetryAfter">When it is worth another try, see <see cref="Admission.RetryAfter"/>; null where it is not.</param>
public sealed record Refusal(WireError Error, TimeSpan? RetryAfter = null);

/// <summary>
/// Who gets in: a bounded number of places, each key's own limits, and no assist that would come too late. All or none of
/// a request is admitted, and what is refused holds nothing. Not safe for concurrent use.
/// </summary>
/// <param name="places">Generations that may run or wait at once, at least 1.</param>
public sealed class AdmissionControl(int places)
{
    private readonly Dictionary<string, Quota> _quotas = new(StringComparer.Ordinal);

    /// <summary>Generations admitted that have not ended.</summary>
    public int Taken { get; private set; }

    /// <summary>Set when the cloud is about to end: nothing is admitted any more.</summary>
    public bool Draining { get; set; }

    /// <summary>Admits a request, or says why not.</summary>
    /// <param name="ask">The request.</param>
    /// <param name="limits">Its owner's limits, as they are now.</param>
    /// <param name="outlook">The queue as it is now; called only where it decides.</param>
    /// <param name="now">The caller's clock, which never runs backwards.</param>
    /// <returns>Null when it is admitted: then <see cref="End"/> must follow for each generation.</returns>
    public Refusal? Admit(AdmissionAsk ask, QuotaLimits limits, Func<QueueOutlook> outlook, TimeSpan now)
    {
        var quota = QuotaOf(ask.Owner, limits, now);
        if (Check(ask, quota, outlook, now) is { } refusal) return refusal;
        Taken += ask.Generations;
        quota.Running += ask.Generations;
        quota.Bucket?.Take(ask.Tokens, now);
        return null;
    }

    /// <summary>An admitted generation has ended.</summary>
    /// <param name="owner">Whose it was.</param>
    /// <param name="unused">Of the tokens it was charged, those that were not made.</param>
    /// <param name="now">The caller's clock.</param>
    public void End(string owner, long unused, TimeSpan now)
    {
        Taken--;
        var quota = _quotas[owner];
        quota.Running--;
        quota.Bucket?.GiveBack(unused, now);
    }

    private Refusal? Check(AdmissionAsk ask, Quota quota, Func<QueueOutlook> outlook, TimeSpan now)
    {
        if (Draining) return Refuse("draining", "This cloud is shutting down. Ask another, or let the device go on alone.");
        var most = quota.Limits.Concurrency is > 0 and var limit ? Math.Min(limit, places) : places;
        if (ask.Generations > most)
            return Refuse("too_many_choices", $"{ask.Generations} answers at once are asked for; {most} at most can be served.");
        if (quota.Limits.Concurrency > 0 && quota.Running + ask.Generations > quota.Limits.Concurrency)
        {
            return Refuse("too_many_at_once", $"This key may have {quota.Limits.Concurrency} generations at once, choices counted one by one. Wait for one of them to end.",
                outlook().Ended(quota.Running + ask.Generations - quota.Limits.Concurrency, ask.Owner));
        }

        if (quota.Bucket?.Wait(now) is { } wait && wait > TimeSpan.Zero)
            return Refuse("rate_limited", $"This key may use {quota.Limits.TokensPerMinute} tokens a minute, prompts and answers together. Try again later.", wait);
        if (Taken + ask.Generations > places)
        {
            return Refuse("busy", "All slots and the queue are full. Try again later, or let the device go on alone.",
                outlook().Ended(Taken + ask.Generations - places));
        }

        if (ask.ReadyIn is { } ready && outlook().FirstToken(ask.Prefill) is var first && first > ready)
            return Refuse("too_late", $"The first token would come in about {first.TotalSeconds:F1} s; the device is ready in {ready.TotalSeconds:F1} s and should go on alone.");
        return null;
    }

    private static Refusal Refuse(string code, string message, TimeSpan? wait = null) =>
        new(new WireError(code, message), wait is { } time ? RetryAfter.For(time) : null);

    private Quota QuotaOf(string owner, QuotaLimits limits, TimeSpan now)
    {
        if (!_quotas.TryGetValue(owner, out var quota)) _quotas[owner] = quota = new Quota();
        if (quota.Limits.TokensPerMinute != limits.TokensPerMinute)
            quota.Bucket = limits.TokensPerMinute > 0 ? new TokenBucket(limits.TokensPerMinute, now) : null;
        quota.Limits = limits;
        return quota;
    }

    private sealed class Quota
    {
        public QuotaLimits Limits { get; set; }

        public int Running { get; set; }

        public TokenBucket? Bucket { get; set; }
    }
}
