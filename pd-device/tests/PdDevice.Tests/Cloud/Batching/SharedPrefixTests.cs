using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

public sealed class SharedPrefixTests
{
    private const string System = "You are the assistant of a small shop. Answer briefly, and never promise a date.";

    [Fact]
    public async Task KeepAsync_TwoOwnersAskWithIt_BothReuseItAndNothingElseOfEachOther()
    {
        await using var cloud = new Turning(new CloudOptions());
        var shared = await SharedPrefix.KeepAsync(cloud.Service.Pools, "shop", System, CancellationToken.None);
        Assert.InRange(shared, PrefixStore.LeastTokens, int.MaxValue);
        foreach (var owner in (string[])["a", "b"])
        {
            var prompt = Alike.Tokenizer.EncodeChat([new ChatMessage("system", System), new ChatMessage("user", "Where is my parcel? It is the blue one with the bow.")]);
            var request = Request(1, 10) with { Prompt = prompt };
            var generation = cloud.Service.Assist(request, owner);
            Assert.Equal(Alone(request).Tokens, (await ReadAsync(generation)).Tokens);
            Assert.InRange(generation.Cached, shared, shared + 1);
        }
    }

    [Fact]
    public async Task KeepAsync_NoRoomOrTooShort_IsRefusedByName()
    {
        await using var cloud = new Turning(new CloudOptions { PrefixBytes = 100 });
        var full = await Assert.ThrowsAsync<EngineException>(() => SharedPrefix.KeepAsync(cloud.Service.Pools, "shop", System, CancellationToken.None));
        Assert.Equal(EngineError.OutOfMemory, full.Error);
        Assert.Contains("shop", full.Message);
        var brief = await Assert.ThrowsAsync<EngineException>(() => SharedPrefix.KeepAsync(cloud.Service.Pools, "tiny", "x", CancellationToken.None));
        Assert.Equal(EngineError.ContextFull, brief.Error);
    }

    private sealed class Turning : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly PdDevice.Cloud.Telemetry.CloudMetrics _metrics = new();
        private readonly Task _run;

        public Turning(CloudOptions options)
        {
            var rates = new EngineRates(1000, 100);
            var pools = new EnginePools(options, new ScriptedEngine(4), prefill: null, rates, _metrics, TimeProvider.System);
            Service = new CloudService(pools, rates, options, _metrics);
            _run = pools.RunAsync(_stop.Token);
        }

        public CloudService Service { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _metrics.Dispose();
            _stop.Dispose();
        }
    }
}
