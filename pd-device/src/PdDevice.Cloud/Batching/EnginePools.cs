using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Admission;
using PdDevice.Core.Planning;
using PdDevice.Inference;

namespace PdDevice.Cloud.Batching;

/// <summary>
/// The engines of a cloud and the loops that turn them: one loop for everything (mixed), or one that only prefills and
/// hands the KV state to one that only decodes (disaggregated), each on its engine's own thread.
/// </summary>
public sealed class EnginePools
{
    private readonly (string Name, IEngine Engine, BatchLoop Loop)[] _pools;

    /// <param name="options">Slots, chunk, bound and the size of the prefix store.</param>
    /// <param name="engine">Serves everything, or, with <paramref name="prefill"/>, the decode steps.</param>
    /// <param name="prefill">An engine of the same weights for the prefill pool; null: mixed.</param>
    /// <param name="measured">The engine's rates; the prefill rate is that of the engine that prefills.</param>
    /// <param name="metrics">Told of every batch; its gauges are these pools' from now on.</param>
    /// <param name="time">The clock.</param>
    public EnginePools(CloudOptions options, IEngine engine, IEngine? prefill, EngineRates measured, CloudMetrics metrics, TimeProvider time)
    {
        (Engine, Time) = (engine, time);
        Prefixes = new PrefixStore(options.PrefixBytes);
        var owners = new OwnerCounts();
        OffersRefinement = options.Refinement && (prefill ?? engine).OffersAttention;
        var main = new BatchLoopOptions(options.Slots, options.PrefillChunk, options.MaxStall, options.RefineQueries, options.RefineLayerStep);
        if (prefill is null)
        {
            _pools = [("mixed", engine, new BatchLoop(engine, main, measured, Prefixes, owners, metrics, time))];
        }
        else
        {
            // States on their way take memory: no more of them than the decode pool can take at once.
            BatchLoop? first = null;
            var decode = new BatchLoop(engine, main, measured, Prefixes, owners, metrics, time) { FewerWait = () => first!.Wake() };
            first = new BatchLoop(prefill, main with { Slots = options.PrefillSlots }, measured, Prefixes, owners, metrics, time)
            {
                HandOver = decode.Enqueue,
                MayStart = () => decode.Waiting + first!.Running < Math.Min(options.Slots, engine.MaxSequences),
            };
            _pools = [("prefill", prefill, first), ("decode", engine, decode)];
        }

        metrics.Serve(this, time);
    }

    /// <summary>The engine whose identity, tokenizer and context are the cloud's.</summary>
    public IEngine Engine { get; }

    public PrefixStore Prefixes { get; }

    /// <summary>The clock the pools run on.</summary>
    public TimeProvider Time { get; }

    /// <summary>Whether the engine that prefills shows its attention, and the cloud's owner wants it read.</summary>
    public bool OffersRefinement { get; }

    /// <summary>Prefill tokens/s of first tokens under the recent load.</summary>
    public double PrefillTokensPerSecond => _pools[0].Loop.Rates.PrefillTokensPerSecond;

    /// <summary>Seconds that reading attention takes per prompt token, where prompts are prefilled; 0 while none was refined for some time.</summary>
    public double RefineSecondsPerToken => _pools[0].Loop.Rates.RefineSecondsPerToken;

    /// <summary>Generations that hold no slot, those between two pools included.</summary>
    public int Waiting => _pools.Sum(pool => pool.Loop.Waiting);

    /// <summary>Generations in slots.</summary>
    public int Running => _pools.Sum(pool => pool.Loop.Running);

    /// <summary>Share of KV positions in use, 0 to 1, of the fuller pool.</summary>
    public double KvUsage => _pools.Max(pool => pool.Loop.KvUsage);

    /// <summary>Whether prompts are prefilled in a pool of their own.</summary>
    internal bool Apart => _pools.Length > 1;

    /// <summary>What the engines need under the recent load, beside so many running generations. Safe from any thread.</summary>
    internal QueueSpeed Speed(int running) => new(_pools[0].Loop.Cost.Expect(1, 0), _pools[^1].Loop.Cost.Expect(0, running));

    internal IEnumerable<(string Name, BatchLoop Loop)> Loops => _pools.Select(pool => (pool.Name, pool.Loop));

    /// <summary>Takes a generation in. Safe from any thread.</summary>
    public void Enqueue(Generation generation) => _pools[0].Loop.Enqueue(generation);

    /// <summary>Turns all loops until cancelled; what runs then ends as preempted. When one fails, the others end too.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var loops = _pools.Select(pool => pool.Engine.RunLoopAsync(() => pool.Loop.RunAsync(stop.Token))).ToArray();
        await Task.WhenAny(loops);
        stop.Cancel();
        await Task.WhenAll(loops);
    }
}
