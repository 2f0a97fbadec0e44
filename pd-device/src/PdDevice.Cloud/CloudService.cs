using System.Globalization;
using PdDevice.Cloud.Admission;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Keys;
using PdDevice.Cloud.Refinement;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud;

/// <summary>A cloud whose model is loaded: admits work and hands it to the pools.</summary>
/// <param name="pools">The engines.</param>
/// <param name="measured">The engine's rates at start.</param>
/// <param name="options">How it serves.</param>
/// <param name="metrics">Told what is refused and how work ends.</param>
/// <param name="keys">Whose limits count; null where no key is asked for.</param>
public sealed class CloudService(EnginePools pools, EngineRates measured, CloudOptions options, CloudMetrics metrics, KeyRing? keys = null)
{
    private const int BodyBase = 256 << 10;
    private const int BodyPerPosition = 64;

    private readonly AdmissionDesk _desk = new(pools, options, keys);

    public GenerationBook Book { get; } = new();

    public EnginePools Pools => pools;

    public CloudMetrics Metrics => metrics;

    public AssistLimits Limits { get; } = new(
        pools.Engine.Identity, pools.Engine.Tokenizer.VocabularySize, pools.Engine.ContextTokens, options.MaxLease, options.MaxTotal,
        pools.OffersRefinement);

    public AssistIdentity Identity => new(
        pools.Engine.Identity, pools.Engine.ContextTokens, options.MaxLease, pools.OffersRefinement,
        pools.PrefillTokensPerSecond, measured.DecodeTokensPerSecond, MaxTotal: options.MaxTotal, RefineSecondsPerToken: pools.RefineSecondsPerToken);

    /// <summary>Largest request body, bytes: 256 KiB, and 64 for each position of the context, as text or as an id on a line of its own.</summary>
    public long MaxBody => BodyBase + ((long)BodyPerPosition * pools.Engine.ContextTokens);

    /// <summary>Whether it is about to end and admits nothing any more.</summary>
    public bool Draining => _desk.Draining;

    /// <summary>Takes a device's request in.</summary>
    /// <exception cref="RefusedException">It breaks a rule, or is not admitted.</exception>
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
                Refine = request.Committed.Length == 0 ? request.Refine : null, // a continuation's last positions are not its question
            },
        ])[0];
    }

    /// <summary>
    /// The refined prompt of an assist, once, on the caller's thread: it may take milliseconds that no engine should spend. It
    /// can be made when the first token is out; null before, afterwards, and where none was wished for or could be made.
    /// </summary>
    public AssistRefined? TakeRefined(Generation assist)
    {
        if (assist.TakeAttention() is not { } scores) return null;
        metrics.Refined();
        return PromptRefiner.Refine(assist.Request.Prompt, assist.Request.Refine!, scores, pools.Engine.Tokenizer);
    }

    /// <summary>Takes checked requests of one owner in, all or none; the second and later ones share the prefill of the first.</summary>
    /// <exception cref="RefusedException">They are not admitted.</exception>
    public IReadOnlyList<Generation> Start(IReadOnlyList<GenerationRequest> requests)
    {
        var generations = new List<Generation>(requests.Count);
        foreach (var request in requests)
            generations.Add(new Generation(request, pools.Engine.Tokenizer.EndOfGeneration, Ended, generations.FirstOrDefault(), request.Grammar is { } grammar ? pools.Engine.Tokenizer.Constrain(grammar) : null));
        try
        {
            _desk.Admit(generations);
        }
        catch (RefusedException refusal)
        {
            throw Refuse(refusal);
        }

        foreach (var generation in generations)
        {
            Book.Add(generation);
            metrics.Admitted(generation);
            pools.Enqueue(generation);
        }

        return generations;
    }

    /// <summary>
    /// Comes to an end in order: admits nothing, preempts what waits, lets what runs finish. What still runs after the
    /// timeout, or when told to end now, is preempted too: devices go on alone. Returns when nothing runs.
    /// </summary>
    public async Task DrainAsync(TimeSpan timeout, CancellationToken endNow)
    {
        var drained = _desk.DrainAsync();
        foreach (var generation in _desk.Admitted())
            if (generation.Times.Started is null) generation.Preempt();
        try
        {
            await drained.WaitAsync(timeout, pools.Time, endNow);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            foreach (var generation in _desk.Admitted()) generation.Preempt();
            await drained;
        }
    }

    /// <summary>Takes a device's word on how many tokens of its ended assist it committed; the first word counts.</summary>
    /// <param name="assist">One that has ended.</param>
    /// <param name="used">0 to the tokens it decoded, as digits.</param>
    /// <exception cref="RefusedException">It is no such number.</exception>
    public void Used(EndedAssist assist, string used)
    {
        var decoded = assist.End.Decoded;
        if (!int.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > decoded)
            throw Refuse(new RefusedException(new WireError("bad_used", $"used must be 0 to {decoded}, the tokens this assist decoded.")));
        if (assist.FirstReport()) metrics.NotUsed(decoded - count);
    }

    private void Ended(Generation generation)
    {
        _desk.Ended(generation);
        metrics.Ended(generation); // whoever no longer finds it in the book finds it counted
        Book.Finished(generation);
    }

    private RefusedException Refuse(RefusedException refusal)
    {
        metrics.Refused(refusal.Error.Code);
        return refusal;
    }
}
