using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Speed;

/// <summary><c>pdd cloud</c> without its sockets: the batch loop on the engine's own thread, requests admitted, tokens read from their channels.</summary>
internal sealed class CloudSide : ISpeedSide
{
    private readonly TimeProvider _time;
    private readonly LlamaEngine _engine;
    private readonly CloudMetrics _metrics = new();
    private readonly CloudService _cloud;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _crank;

    private CloudSide(LlamaEngine engine, TimeProvider time)
    {
        (_engine, _time) = (engine, time);
        // The prompts come again in every repeat: kept KV would leave no prefill to measure.
        var options = new CloudOptions { Slots = engine.MaxSequences, PrefixBytes = 0 };
        var rates = new EngineRates(1000, 100); // a first guess; the loop learns the real ones
        var pools = new EnginePools(options, engine, prefill: null, rates, _metrics, time);
        _cloud = new CloudService(pools, rates, options, _metrics);
        _crank = pools.RunAsync(_stop.Token);
    }

    public static async Task<ISpeedSide> OpenAsync(SpeedPlan plan, int streams, TimeProvider time) =>
        new CloudSide(await LlamaEngine.LoadAsync(plan.Engine(streams)), time);

    public async Task<CellRun> AskAsync(IReadOnlyList<int[]> prompts, int tokens)
    {
        var times = new TokenTimes(_time, prompts.Count, tokens);
        await Task.WhenAll(prompts.Select((prompt, stream) => ReadAsync(_cloud.Start([Request(prompt, tokens)])[0], stream, times)));
        return times.Run();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _crank;
        await _engine.DisposeAsync();
        _metrics.Dispose();
        _stop.Dispose();
    }

    private static GenerationRequest Request(int[] prompt, int tokens) =>
        new("", prompt, new SamplingOptions { IgnoreEndOfGeneration = true }, tokens);

    private static async Task ReadAsync(Generation generation, int stream, TokenTimes times)
    {
        await foreach (var token in generation.Tokens.ReadAllAsync()) times.Note(stream, token.Id);
    }
}
