using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>Pools of real engines on their own threads, with the embedded model.</summary>
[Collection("Engine")]
public sealed class RealPoolsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public async Task RunAsync_OneRequestInFlight_DisaggregatedGivesTheTokensOfMixed(double temperature)
    {
        var mixed = await ServeAsync(temperature, apart: false);
        Assert.All(mixed, tokens => Assert.NotEmpty(tokens));
        Assert.Equal(mixed, await ServeAsync(temperature, apart: true));
    }

    [Fact]
    public async Task RunAsync_PromptAgainAndContinuation_ReuseRealKvAndGoOnTheSame()
    {
        await using var cloud = await RealCloud.StartAsync(new CloudOptions(), apart: false);
        var first = await cloud.ReadAsync(cloud.Prompt(700, 1), 30);
        var again = await cloud.ReadAsync(cloud.Prompt(700, 1), 30);
        Assert.Equal((0, 699), (first.Generation.Cached, again.Generation.Cached));
        Assert.Equal(first.Tokens, again.Tokens);
        var rest = await cloud.ReadAsync(cloud.Prompt(700, 1), 15, first.Tokens[..15]);
        Assert.Equal(714, rest.Generation.Cached);
        Assert.Equal(first.Tokens[15..], rest.Tokens);
    }

    private static async Task<List<int[]>> ServeAsync(double temperature, bool apart)
    {
        await using var cloud = await RealCloud.StartAsync(new CloudOptions { PrefixBytes = 0 }, apart);
        var answers = new List<int[]>();
        for (var i = 0; i < 4; i++) answers.Add((await cloud.ReadAsync(cloud.Prompt(60 + (200 * i), i), 60, temperature: temperature)).Tokens);
        return answers;
    }

    private sealed class RealCloud : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly CloudMetrics _metrics = new();
        private readonly List<IAsyncDisposable> _engines = [];
        private Task _run = Task.CompletedTask;
        private CloudService? _service;

        public static async Task<RealCloud> StartAsync(CloudOptions options, bool apart)
        {
            var cloud = new RealCloud();
            var engine = await LlamaTest.LoadTinyAsync(options.Slots, contextTokens: 1024);
            var prefill = apart ? await engine.CreateSiblingAsync(1, 1) : null;
            cloud._engines.AddRange(prefill is null ? [engine] : [engine, prefill]);
            var rates = new EngineRates(4000, 400);
            var pools = new EnginePools(options, engine, prefill, rates, cloud._metrics, TimeProvider.System);
            cloud._service = new CloudService(pools, rates, options, cloud._metrics);
            cloud._run = pools.RunAsync(cloud._stop.Token);
            return cloud;
        }

        public int[] Prompt(int tokens, int seed) =>
            LlamaTest.Prompt(_service!.Pools.Engine.Tokenizer, tokens + (7 * seed))[(7 * seed)..];

        public async Task<(Generation Generation, int[] Tokens)> ReadAsync(int[] prompt, int count, int[]? committed = null, double temperature = 0)
        {
            var sampling = new SamplingOptions { Temperature = temperature, Seed = 3, IgnoreEndOfGeneration = true };
            var generation = _service!.Start([new GenerationRequest("", prompt, sampling, count) { Committed = committed ?? [] }])[0];
            return (generation, [.. (await Batches.ReadAsync(generation)).Tokens.Select(t => t.Id)]);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            foreach (var engine in _engines) await engine.DisposeAsync();
            _metrics.Dispose();
            _stop.Dispose();
        }
    }
}
