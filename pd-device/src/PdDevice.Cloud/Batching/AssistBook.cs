using System.Collections.Concurrent;

namespace PdDevice.Cloud.Batching;

/// <summary>Assists by id: the running ones and the last finished ones, so that a device can ask what one cost.</summary>
public sealed class AssistBook
{
    private const int KeepFinished = 1024;

    private readonly ConcurrentDictionary<string, Assist> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _finished = new();

    public Assist? Find(string id) => _byId.GetValueOrDefault(id);

    internal void Add(Assist assist) => _byId[assist.Id] = assist;

    internal void Finished(Assist assist)
    {
        _finished.Enqueue(assist.Id);
        while (_finished.Count > KeepFinished && _finished.TryDequeue(out var old)) _byId.TryRemove(old, out _);
    }
}
