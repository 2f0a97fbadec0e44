using System.Collections.Concurrent;

namespace PdDevice.Cloud.Batching;

/// <summary>An assist that has ended: what its device may still ask about.</summary>
/// <param name="Owner">Whose it was.</param>
/// <param name="End">How it ended.</param>
public sealed record EndedAssist(string Owner, GenerationEnd End)
{
    private int _reported;

    /// <summary>Whether this is the first report on what was used of it.</summary>
    internal bool FirstReport() => Interlocked.Exchange(ref _reported, 1) == 0;
}

/// <summary>
/// The running generations by id, and how the last finished assists ended. Each is its owner's: to others it does not
/// exist. Safe from any thread.
/// </summary>
public sealed class GenerationBook
{
    private const int KeepFinished = 1024;

    private readonly ConcurrentDictionary<string, Generation> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EndedAssist> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>A running or waiting generation; null when it has ended, never was or is another's.</summary>
    public Generation? Running(string id, string owner) =>
        _running.GetValueOrDefault(id) is { } generation && generation.Request.Owner == owner ? generation : null;

    /// <summary>A finished assist; null when it runs, ended long ago, never was or is another's.</summary>
    public EndedAssist? Ended(string id, string owner) =>
        _ended.GetValueOrDefault(id) is { } ended && ended.Owner == owner ? ended : null;

    /// <summary>All that run or wait now.</summary>
    internal IReadOnlyCollection<Generation> All => [.. _running.Values];

    internal void Add(Generation generation) => _running[generation.Id] = generation;

    internal void Finished(Generation generation)
    {
        if (generation.Request.IsAssist)
        {
            // Before the other is forgotten, so that one of them always answers.
            _ended[generation.Id] = new EndedAssist(generation.Request.Owner, generation.End!);
            _order.Enqueue(generation.Id);
        }

        _running.TryRemove(generation.Id, out _);
        while (_order.Count > KeepFinished && _order.TryDequeue(out var old)) _ended.TryRemove(old, out _);
    }
}
