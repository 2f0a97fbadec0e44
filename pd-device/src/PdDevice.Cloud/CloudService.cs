using System.Globalization;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud;

/// <summary>A cloud whose model is loaded: admits work and hands it to the pools.</summary>
public sealed class CloudService(EnginePools pools, EngineRates measured, CloudOptions options, CloudMetrics metrics)
{
    private int _places;

    public GenerationBook Book { get; } = new();

    public EnginePools Pools => pools;

    public CloudMetrics Metrics => metrics;

    public AssistLimits Limits { get; } = new(
        pools.Engine.Identity, pools.Engine.Tokenizer.VocabularySize, pools.Engine.ContextTokens, options.MaxLease);

    public AssistIdentity Identity => new(
        pools.Engine.Identity, pools.Engine.ContextTokens, options.MaxLease, RefinementOffered: false,
        pools.PrefillTokensPerSecond, measured.DecodeTokensPerSecond);

    /// <summary>Takes a device's request in.</summary>
    /// <exception cref="RefusedException">It breaks a rule, or there is no place.</exception>
    public Generation Assist(AssistRequest request, string owner)
    {
        if (AssistRules.Check(request, Limits) is { } error) throw Refuse(new RefusedException(error));
        return Start([
            new GenerationRequest(owner, request.Prompt, request.Sampling, request.Lease)
            {
                Committed = request.Committed,
                Pace = TimeSpan.FromMilliseconds(Math.Min(request.PaceMs, int.MaxValue)),
                ReadyIn = request.ReadyInMs > 0 ? TimeSpan.FromMilliseconds(Math.Min(request.ReadyInMs, int.MaxValue)) : null,
                IsAssist = true,
            },
        ])[0];
    }

    /// <summary>Takes checked requests of one owner in, all or none; the second and later ones share the prefill of the first.</summary>
    /// <exception cref="RefusedException">There is no place for all of them.</exception>
    public IReadOnlyList<Generation> Start(IReadOnlyList<GenerationRequest> requests)
    {
        if (Interlocked.Add(ref _places, requests.Count) > options.QueueLength + Math.Min(options.Slots, pools.Engine.MaxSequences))
        {
            Interlocked.Add(ref _places, -requests.Count);
            throw Refuse(new RefusedException(
                new WireError("busy", "All slots and the queue are full. Try again, or let the device go on alone."), TimeSpan.FromSeconds(1)));
        }

        var generations = new List<Generation>(requests.Count);
        foreach (var request in requests)
            generations.Add(new Generation(request, pools.Engine.Tokenizer.EndOfGeneration, Ended, generations.FirstOrDefault()));
        foreach (var generation in generations)
        {
            Book.Add(generation);
            metrics.Admitted(generation);
            pools.Enqueue(generation);
        }

        return generations;
    }

    /// <summary>Takes a device's word on how many tokens of its ended assist it committed; the first word counts.</summary>
    /// <param name="assist">One that has ended.</param>
    /// <param name="used">0 to the tokens it decoded, as digits.</param>
    /// <exception cref="RefusedException">It is no such number.</exception>
    public void Used(Generation assist, string used)
    {
        var decoded = assist.End!.Decoded;
        if (!int.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > decoded)
            throw Refuse(new RefusedException(new WireError("bad_used", $"used must be 0 to {decoded}, the tokens this assist decoded.")));
        if (assist.FirstReport()) metrics.NotUsed(decoded - count);
    }

    private void Ended(Generation generation)
    {
        Interlocked.Decrement(ref _places);
        Book.Finished(generation);
        metrics.Ended(generation);
    }

    private RefusedException Refuse(RefusedException refusal)
    {
        metrics.Refused(refusal.Error.Code);
        return refusal;
    }
}
