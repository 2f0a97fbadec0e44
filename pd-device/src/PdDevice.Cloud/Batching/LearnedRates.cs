namespace PdDevice.Cloud.Batching;

/// <summary>
/// What a device may expect of its first token now, with the load there is: moving averages over the recent ones. One
/// thread tells what it sees; safe to read from any.
/// </summary>
/// <param name="prefillTokensPerSecond">Prefill rate before anything was seen, tokens/s.</param>
internal sealed class LearnedRates(double prefillTokensPerSecond)
{
    /// <summary>First tokens in a row without attention read after which what reading takes is no longer known: devices to which it seemed too much do not ask, and nobody would learn that it is not.</summary>
    public const int ReadingForgotten = 20;

    private const double Newest = 0.3; // the share of the latest in an average

    private double _prefill = prefillTokensPerSecond;
    private double _refine;
    private int _unread;

    /// <summary>Prefill tokens/s of first tokens.</summary>
    public double PrefillTokensPerSecond => Volatile.Read(ref _prefill);

    /// <summary>Seconds that reading attention takes per token of the prompts to be refined; 0 while none was for some time.</summary>
    public double RefineSecondsPerToken => Volatile.Read(ref _refine);

    /// <summary>A first token came.</summary>
    /// <param name="tokens">Of its prompt, those that were not at hand.</param>
    /// <param name="took">From its slot on, without the reading of attention; what took no time counts for nothing.</param>
    public void Prefilled(int tokens, TimeSpan took)
    {
        if (took > TimeSpan.Zero) Volatile.Write(ref _prefill, Average(_prefill, tokens / took.TotalSeconds));
    }

    /// <summary>A first token came from a batch in which no attention was read.</summary>
    public void NothingRead()
    {
        if (++_unread == ReadingForgotten) Volatile.Write(ref _refine, 0);
    }

    /// <summary>A batch's attention was read.</summary>
    /// <param name="tokens">Of all prompts it was read of, at least 1.</param>
    /// <param name="took">The reading alone.</param>
    public void AttentionRead(int tokens, TimeSpan took)
    {
        _unread = 0;
        var perToken = took.TotalSeconds / tokens;
        Volatile.Write(ref _refine, _refine == 0 ? perToken : Average(_refine, perToken));
    }

    private static double Average(double known, double latest) => ((1 - Newest) * known) + (Newest * latest);
}
