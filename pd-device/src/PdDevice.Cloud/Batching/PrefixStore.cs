using PdDevice.Core.Prefixes;

namespace PdDevice.Cloud.Batching;

/// <summary>
/// KV states of finished generations, in memory, for prompts that begin alike and for continuations. One for all loops of
/// a cloud: what the prefill pool made, any of them may use. Safe from any thread.
/// </summary>
/// <param name="capacity">Bytes of state kept at most; 0 keeps none.</param>
public sealed class PrefixStore(long capacity)
{
    /// <summary>Shorter prefixes are not worth a copy.</summary>
    public const int LeastTokens = 32;

    private readonly Lock _gate = new();
    private readonly PrefixCache<byte[]> _cache = new(capacity, LeastTokens);

    /// <summary>Bytes kept.</summary>
    public long Size => Locked(cache => cache.Size);

    public int Count => Locked(cache => cache.Count);

    public long Evictions => Locked(cache => cache.Evictions);

    internal PrefixHit<byte[]>? Find(string owner, ReadOnlySpan<int> tokens)
    {
        lock (_gate) return _cache.Find(owner, tokens);
    }

    internal bool Covers(string owner, ReadOnlySpan<int> tokens)
    {
        lock (_gate) return _cache.Covers(owner, tokens);
    }

    internal void Keep(string owner, ReadOnlySpan<int> tokens, byte[] state)
    {
        lock (_gate) _cache.Put(owner, tokens, state, state.Length);
    }

    private T Locked<T>(Func<PrefixCache<byte[]>, T> read)
    {
        lock (_gate) return read(_cache);
    }
}
