using Microsoft.AspNetCore.Builder;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Inference;

namespace PdDevice.Benchmarks.Links;

/// <summary>A cloud on a free port of this machine, which knows none of the prompts yet.</summary>
internal sealed class LinkCloud : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CloudMetrics _metrics = new();
    private readonly WebApplication _app;
    private readonly Task _run;

    private LinkCloud(IEngine engine, EngineRates rates, int slots)
    {
        var options = new CloudOptions { Listen = "127.0.0.1:0", Slots = slots };
        var pools = new EnginePools(options, engine, prefill: null, rates, _metrics, TimeProvider.System);
        var life = new CloudLifecycle(_metrics, TimeProvider.System);
        life.Serve(new CloudService(pools, rates, options, _metrics));
        _app = CloudHost.Build(options, life, keys: null);
        _run = pools.RunAsync(_stop.Token);
    }

    public Uri Address => new(_app.Urls.First());

    /// <param name="engine">Stays the caller's, and is empty again when the cloud has ended.</param>
    /// <param name="rates">What it can do.</param>
    /// <param name="slots">Assists at once.</param>
    public static async Task<LinkCloud> StartAsync(IEngine engine, EngineRates rates, int slots)
    {
        var cloud = new LinkCloud(engine, rates, slots);
        await cloud._app.StartAsync();
        return cloud;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _stop.CancelAsync();
        await _run;
        _metrics.Dispose();
        _stop.Dispose();
    }
}
