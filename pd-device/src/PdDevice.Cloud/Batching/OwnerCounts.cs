namespace PdDevice.Cloud.Batching;

/// <summary>How many generations of each owner have started and not ended, over all pools of a cloud. Safe from any thread.</summary>
public sealed class OwnerCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);

    internal int Running(string owner)
    {
        lock (_gate) return _running.GetValueOrDefault(owner);
    }

    internal void Started(string owner)
    {
        lock (_gate) _running[owner] = _running.GetValueOrDefault(owner) + 1;
    }

    internal void Ended(string owner)
    {
        lock (_gate)
        {
            if (--_running[owner] == 0) _running.Remove(owner);
        }
    }
}
