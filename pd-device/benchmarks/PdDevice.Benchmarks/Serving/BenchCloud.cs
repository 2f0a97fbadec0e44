using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Serving;

/// <summary>A cloud on a real engine without its sockets: requests go in, tokens come out of their channels.</summary>
internal sealed class BenchCloud : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CloudMetrics _metrics = new();
    private readonly IReadOnlyList<IAsyncDisposable> _engines;
    private readonly Task _run;

    private BenchCloud(CloudOptions options, LlamaEngine engine, LlamaEngine? prefill, EngineRates rates)
    {
        _engines = prefill is null ? [engine] : [engine, prefill];
        (Rates, Tokenizer) = (rates, engine.Tokenizer);
        var pools = new EnginePools(options, engine, prefill, rates, _metrics, TimeProvider.System);
        Service = new CloudService(pools, rates, options, _metrics);
        _run = pools.RunAsync(_stop.Token);
    }

    public CloudService Service { get; }

    public EngineRates Rates { get; }

    public ITokenizer Tokenizer { get; }

    /// <param name="model">Path of a GGUF file.</param>
    /// <param name="options">Slots, bound, pools.</param>
    /// <param name="context">Positions of each sequence.</param>
    /// <param name="threads">Compute threads of each engine.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    public static async Task<BenchCloud> OpenAsync(string model, CloudOptions options, int context, int threads, CancellationToken cancellationToken)
    {
        var engine = await LlamaEngine.LoadAsync(
            new LlamaEngineOptions { Model = model, Sequences = options.Slots, ContextTokens = context, Threads = threads, Attention = options.Refinement }, null, cancellationToken);
        var rates = await EngineRatesMeter.MeasureAsync(engine, TimeProvider.System, cancellationToken);
        var prefill = options.Pools == PoolMode.Disaggregated ? await engine.CreateSiblingAsync(options.PrefillSlots, threads) : null;
        return new BenchCloud(options, engine, prefill, rates);
    }

    /// <summary>Ids 100 to 399 are ordinary tokens in every vocabulary this was tried with; what they say costs nothing more or less.</summary>
    public static int[] Prompt(int seed, int length) =>
        [.. Enumerable.Range(0, length).Select(i => 100 + ((seed * 37) + (7 * i * i) + (3 * i)) % 300)];

    /// <summary>Starts a generation of exactly so many tokens, greedy.</summary>
    public Generation Start(int[] prompt, int tokens, int? topLogprobs = null, int[]? committed = null, RefineWish? refine = null) =>
        Service.Start([new GenerationRequest("", prompt, new SamplingOptions { IgnoreEndOfGeneration = true }, tokens)
        {
            TopLogprobs = topLogprobs, Committed = committed ?? [], Refine = refine,
        }])[0];

    /// <summary>Its tokens, each with the time it was read.</summary>
    public static async Task<List<(GeneratedToken Token, long At)>> ReadAsync(Generation generation)
    {
        var tokens = new List<(GeneratedToken, long)>();
        await foreach (var token in generation.Tokens.ReadAllAsync()) tokens.Add((token, TimeProvider.System.GetTimestamp()));
        return tokens;
    }

    /// <summary>Time from admission to the first token, seconds.</summary>
    public static double Ttft(Generation generation) =>
        TimeProvider.System.GetElapsedTime(generation.Times.Queued!.Value, generation.Times.FirstToken!.Value).TotalSeconds;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        foreach (var engine in _engines) await engine.DisposeAsync();
        _metrics.Dispose();
        _stop.Dispose();
    }
}
