using System.Collections.Concurrent;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Batching;

/// <summary>The running assists by id, and what the last finished ones cost. Safe from any thread.</summary>
public sealed class AssistBook
{
    private const int KeepFinished = 1024;

    private readonly ConcurrentDictionary<string, Assist> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AssistEnd> _ends = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>A running or waiting assist; null when it has ended or never was.</summary>
    public Assist? Running(string id) => _running.GetValueOrDefault(id);

    /// <summary>What a finished assist cost; null when it runs, ended long ago or never was.</summary>
    public AssistEnd? End(string id) => _ends.GetValueOrDefault(id);

    internal void Add(Assist assist) => _running[assist.Id] = assist;

    internal void Forget(Assist assist) => _running.TryRemove(assist.Id, out _);

    internal void Finished(Assist assist, AssistEnd end)
    {
        _ends[assist.Id] = end; // before the other is forgotten, so that one of them always answers
        _order.Enqueue(assist.Id);
        _running.TryRemove(assist.Id, out _);
        while (_order.Count > KeepFinished && _order.TryDequeue(out var old)) _ends.TryRemove(old, out _);
    }
}
