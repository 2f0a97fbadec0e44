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

    /// <summary>A state is copied whole: it must share at least this part of its positions with what is asked.</summary>
    private const int LeastShare = 16;

    private readonly Lock _gate = new();
    private readonly PrefixCache<byte[]> _cache = new(capacity, LeastTokens);
    private long _bytesPerToken; // of the last state taken out; 0 before the first

    /// <summary>Bytes kept.</summary>
    public long Size => Locked(cache => cache.Size);

    public long Evictions => Locked(cache => cache.Evictions);

    internal PrefixHit<byte[]>? Find(string owner, ReadOnlySpan<int> tokens)
    {
        lock (_gate) return _cache.Find(owner, tokens, IsWorth);
    }

    internal bool Covers(string owner, ReadOnlySpan<int> tokens)
    {
        lock (_gate) return _cache.Covers(owner, tokens);
    }

    /// <summary>Whether a state of so many positions is worth copying for so many that are shared.</summary>
    internal static bool IsWorth(int shared, int positions) => (long)shared * LeastShare >= positions;

    /// <summary>Whether a state of these tokens would be kept, as far as can be told before it is taken out.</summary>
    internal bool Wants(string owner, ReadOnlySpan<int> tokens)
    {
        lock (_gate) return tokens.Length * _bytesPerToken <= capacity && !_cache.Covers(owner, tokens);
    }

    internal void Keep(string owner, ReadOnlySpan<int> tokens, byte[] state)
    {
        lock (_gate)
        {
            if (tokens.Length > 0) _bytesPerToken = state.Length / tokens.Length;
            _cache.Put(owner, tokens, state, state.Length);
        }
    }

    private T Locked<T>(Func<PrefixCache<byte[]>, T> read)
    {
        lock (_gate) return read(_cache);
    }
}
