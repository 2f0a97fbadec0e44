using System.Collections.Concurrent;

namespace PdDevice.Cloud.Batching;

/// <summary>
/// The running generations by id, and how the last finished ones ended. Each is its owner's: to others it does not exist.
/// Safe from any thread.
/// </summary>
public sealed class GenerationBook
{
    private const int KeepFinished = 1024;

    private readonly ConcurrentDictionary<string, Generation> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Generation> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>A running or waiting generation; null when it has ended, never was or is another's.</summary>
    public Generation? Running(string id, string owner) => Owned(_running, id, owner);

    /// <summary>A finished generation; null when it runs, ended long ago, never was or is another's.</summary>
    public Generation? Ended(string id, string owner) => Owned(_ended, id, owner);

    /// <summary>All that run or wait now.</summary>
    public IReadOnlyCollection<Generation> All => [.. _running.Values];

    internal void Add(Generation generation) => _running[generation.Id] = generation;

    internal void Finished(Generation generation)
    {
        _ended[generation.Id] = generation; // before the other is forgotten, so that one of them always answers
        _order.Enqueue(generation.Id);
        _running.TryRemove(generation.Id, out _);
        while (_order.Count > KeepFinished && _order.TryDequeue(out var old)) _ended.TryRemove(old, out _);
    }

    private static Generation? Owned(ConcurrentDictionary<string, Generation> from, string id, string owner) =>
        from.GetValueOrDefault(id) is { } generation && generation.Request.Owner == owner ? generation : null;
}
