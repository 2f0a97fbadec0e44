using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Keys;
using PdDevice.Core.Admission;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Admission;

/// <summary>The live side of <see cref="AdmissionControl"/>: its clock, its lock, and the queue as the pools have it. Safe from any thread.</summary>
internal sealed class AdmissionDesk
{
    private readonly EnginePools _pools;
    private readonly CloudOptions _options;
    private readonly KeyRing? _keys;
    private readonly int _slots;
    private readonly int _share;
    private readonly AdmissionControl _control;
    private readonly long _origin;
    private readonly Lock _gate = new();
    private readonly List<Entry> _admitted = []; // in order of arrival
    private readonly UsedShare _leases = new();
    private readonly UsedShare _answers = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AdmissionDesk(EnginePools pools, CloudOptions options, KeyRing? keys)
    {
        (_pools, _options, _keys) = (pools, options, keys);
        _slots = Math.Min(options.Slots, pools.Engine.MaxSequences);
        _control = new AdmissionControl(_slots + options.QueueLength);
        // Without a limit of its own a key leaves a quarter of the places to the others.
        _share = Math.Max(1, (_slots + options.QueueLength) * 3 / 4);
        _origin = pools.Time.GetTimestamp();
    }

    public bool Draining
    {
        get
        {
            lock (_gate) return _control.Draining;
        }
    }

    /// <summary>Admits generations of one owner, all or none, that have not been enqueued.</summary>
    /// <exception cref="RefusedException">They are not admitted.</exception>
    public void Admit(IReadOnlyList<Generation> generations)
    {
        var request = generations[0].Request;
        var prefill = generations[0].Known;
        if (request.ReadyIn is not null && _pools.Prefixes.Find(request.Owner, generations[0].KnownTokens) is { } kept)
            prefill = Math.Max(1, prefill - kept.Tokens);
        var ask = new AdmissionAsk(request.Owner, generations.Count, generations.Sum(g => (long)g.Request.Positions), prefill, request.ReadyIn);
        var limits = _keys?.Limits(request.Owner) ?? _options.KeyLimits;
        if (_keys is { Several: true } && limits.Concurrency == 0) limits = limits with { Concurrency = _share };
        lock (_gate)
        {
            if (_control.Admit(ask, limits, Outlook, Now) is { } refusal) throw new RefusedException(refusal.Error, refusal.RetryAfter);
            foreach (var generation in generations) _admitted.Add(new Entry(generation, generation.After is null ? prefill : 0));
        }
    }

    /// <summary>An admitted generation has ended.</summary>
    public void Ended(Generation generation)
    {
        var (request, generated) = (generation.Request, generation.Decoded);
        lock (_gate)
        {
            _admitted.RemoveAt(_admitted.FindIndex(entry => entry.Generation == generation));
            // What never had a slot cost nothing.
            _control.End(request.Owner, generation.Times.Started is null ? request.Positions : request.MaxTokens - generated, Now);
            if (generation.End!.Reason is not (AssistEndReason.Preempted or AssistEndReason.Error)) Share(request).Observe(request.MaxTokens, generated);
            if (_control is { Draining: true, Taken: 0 }) _empty.TrySetResult();
        }
    }

    /// <summary>Admits nothing any more. The task completes when all that was admitted has ended.</summary>
    public async Task DrainAsync()
    {
        lock (_gate)
        {
            _control.Draining = true;
            if (_control.Taken == 0) _empty.TrySetResult();
        }

        await _empty.Task;
    }

    /// <summary>What has been admitted and has not ended.</summary>
    public IReadOnlyList<Generation> Admitted()
    {
        lock (_gate) return [.. _admitted.Select(entry => entry.Generation)];
    }

    private TimeSpan Now => _pools.Time.GetElapsedTime(_origin);

    private UsedShare Share(GenerationRequest request) => request.IsAssist ? _leases : _answers;

    // Positions and counts are read while the loops go on: a step more or less does not matter to a forecast.
    private QueueOutlook Outlook() => new(
        [.. _admitted.Select(entry => Work(entry.Generation, entry.Prefill))], _slots, _pools.Speed(Math.Clamp(_admitted.Count, 1, _slots)), _pools.Apart);

    private QueueWork Work(Generation generation, int prefill) => new(
        generation.Request.Owner,
        generation.Fed > 0 ? Math.Max(0, generation.Known - generation.Fed) : prefill,
        Share(generation.Request).Left(generation.Request.MaxTokens, generation.Decoded),
        generation.Slot >= 0);

    private readonly record struct Entry(Generation Generation, int Prefill);
}
