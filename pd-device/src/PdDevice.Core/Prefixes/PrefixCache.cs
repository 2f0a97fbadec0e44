namespace PdDevice.Core.Prefixes;

/// <summary>A kept state that begins as the asked tokens do.</summary>
/// <param name="State">The state; it may hold more tokens than match.</param>
/// <param name="Tokens">Tokens it shares with what was asked.</param>
public readonly record struct PrefixHit<T>(T State, int Tokens);

/// <summary>
/// Which KV states of finished work to keep, and which of them serves new tokens best. Bounded by size; the least recently
/// used goes first. A state is found by its own scope only, or by all when it lies in <see cref="Shared"/>. Not safe for
/// concurrent use.
/// </summary>
/// <param name="capacity">Sum of sizes, bytes; 0 keeps nothing.</param>
/// <param name="least">Shortest prefix worth a copy, tokens, at least 1.</param>
public sealed class PrefixCache<T>(long capacity, int least)
{
    /// <summary>The scope whose states everybody may use. What it holds is pinned: the operator put it there.</summary>
    public const string Shared = "*";

    private readonly List<Entry> _entries = [];
    private long _uses;

    /// <summary>Sum of the kept sizes, bytes.</summary>
    public long Size { get; private set; }

    public int Count => _entries.Count;

    /// <summary>States dropped to make room.</summary>
    public long Evictions { get; private set; }

    /// <summary>The state with the longest prefix in common, and marks it used; null when none shares <c>least</c> tokens.</summary>
    /// <param name="scope">Whose tokens they are.</param>
    /// <param name="tokens">What is asked.</param>
    /// <param name="isWorth">Given the tokens shared and those the state holds: whether it is worth its copy. Null (default): always.</param>
    public PrefixHit<T>? Find(string scope, ReadOnlySpan<int> tokens, Func<int, int, bool>? isWorth = null)
    {
        Entry? best = null;
        var length = least - 1;
        foreach (var entry in _entries)
        {
            if (entry.Scope != scope && entry.Scope != Shared) continue;
            var common = tokens.CommonPrefixLength(entry.Tokens);
            if (common > length && isWorth?.Invoke(common, entry.Tokens.Length) != false) (best, length) = (entry, common);
        }

        if (best is null) return null;
        best.Used = ++_uses;
        return new PrefixHit<T>(best.State, length);
    }

    /// <summary>Whether a state of these tokens would add nothing: too short, or one of its scope holds them all. Marks that one used.</summary>
    public bool Covers(string scope, ReadOnlySpan<int> tokens)
    {
        if (capacity == 0 || tokens.Length < least) return true;
        foreach (var entry in _entries)
        {
            if (entry.Scope != scope || !entry.Tokens.AsSpan().StartsWith(tokens)) continue;
            entry.Used = ++_uses;
            return true;
        }

        return false;
    }

    /// <summary>Whether a state of this size could be kept, were all that may go to go.</summary>
    /// <param name="size">Bytes.</param>
    public bool HasRoom(long size) => size <= capacity - _entries.Where(e => e.Scope == Shared).Sum(e => e.Size);

    /// <summary>Keeps a state no longer: it turned out to be of no use. Does nothing when it is not kept.</summary>
    public void Drop(T state)
    {
        var index = _entries.FindIndex(entry => EqualityComparer<T>.Default.Equals(entry.State, state));
        if (index >= 0) Remove(index);
    }

    /// <summary>Keeps a state, in place of those of its scope that it extends.</summary>
    /// <returns>False when it was covered already or is too large to keep.</returns>
    public bool Put(string scope, ReadOnlySpan<int> tokens, T state, long size)
    {
        if (Covers(scope, tokens)) return false;
        if (!HasRoom(size)) return false;
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            var entry = _entries[i];
            if (entry.Scope == scope && tokens.StartsWith(entry.Tokens)) Remove(i);
        }

        while (Size + size > capacity)
        {
            var oldest = -1;
            for (var i = 0; i < _entries.Count; i++)
                if (_entries[i].Scope != Shared && (oldest < 0 || _entries[i].Used < _entries[oldest].Used)) oldest = i;
            Remove(oldest);
            Evictions++;
        }

        _entries.Add(new Entry(scope, tokens.ToArray(), state, size) { Used = ++_uses });
        Size += size;
        return true;
    }

    private void Remove(int index)
    {
        Size -= _entries[index].Size;
        _entries.RemoveAt(index);
    }

    private sealed record Entry(string Scope, int[] Tokens, T State, long Size)
    {
        public long Used { get; set; }
    }
}
