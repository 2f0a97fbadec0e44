using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Speed;

/// <summary><c>pdd cloud</c> without its sockets: the batch loop on the engine's own thread, requests admitted, tokens read from their channels.</summary>
internal sealed class CloudSide : ISpeedSide
{
    private readonly TimeProvider _time;
    private readonly LlamaEngine _engine;
    private readonly BatchLoop _loop;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _crank;

    private CloudSide(LlamaEngine engine, TimeProvider time)
    {
        (_engine, _time) = (engine, time);
        // The rates only go into what a cloud tells devices about itself.
        _loop = new BatchLoop(engine, new CloudOptions { Slots = engine.MaxSequences }, new EngineRates(1000, 100), time);
        _crank = engine.Thread.RunAsync(() => _loop.RunAsync(_stop.Token));
    }

    public static async Task<ISpeedSide> OpenAsync(SpeedPlan plan, int streams, TimeProvider time) =>
        new CloudSide(await LlamaEngine.LoadAsync(plan.Engine(streams)), time);

    public async Task<CellRun> AskAsync(IReadOnlyList<int[]> prompts, int tokens)
    {
        var times = new TokenTimes(_time, prompts.Count, tokens);
        await Task.WhenAll(prompts.Select((prompt, stream) => ReadAsync(_loop.Admit(Request(prompt, tokens)), stream, times)));
        return times.Run();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _crank;
        await _engine.DisposeAsync();
        _stop.Dispose();
    }

    private AssistRequest Request(int[] prompt, int tokens) => new()
    {
        TokenizerFingerprint = _engine.Identity.TokenizerFingerprint,
        WeightsFingerprint = _engine.Identity.WeightsFingerprint,
        Prompt = prompt,
        Sampling = new SamplingOptions { IgnoreEndOfGeneration = true },
        Lease = tokens,
    };

    private static async Task ReadAsync(Assist assist, int stream, TokenTimes times)
    {
        await foreach (var item in assist.Events.ReadAllAsync())
        {
            if (item is AssistToken token) times.Note(stream, token.Id);
        }
    }
}
