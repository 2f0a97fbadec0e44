using System.Text;
using Microsoft.AspNetCore.Builder;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Inference;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>A cloud over real sockets on a free port of this machine, and a client of it.</summary>
internal sealed class TestCloud : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IEngine _engine;
    private readonly CloudMetrics _metrics = new();
    private WebApplication? _app;
    private Task _run = Task.CompletedTask;

    private TestCloud(IEngine engine, CloudOptions options)
    {
        _engine = engine;
        var rates = new EngineRates(1000, 50);
        Service = new CloudService(new EnginePools(options, engine, prefill: null, rates, _metrics, TimeProvider.System), rates, options, _metrics);
    }

    /// <summary>No answer in this time is a failure; no test waits for it otherwise.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public CloudService Service { get; }

    public HttpClient Http { get; private set; } = null!;

    public static async Task<TestCloud> StartAsync(IEngine engine, CloudOptions? options = null)
    {
        var all = (options ?? new CloudOptions()) with { Listen = "127.0.0.1:0" };
        var cloud = new TestCloud(engine, all);
        cloud._app = CloudHost.Build(all, cloud.Service);
        await cloud._app.StartAsync();
        cloud._run = Task.Run(() => cloud.Service.Pools.RunAsync(cloud._stop.Token));

        // A stream that is let go closes its connection at once instead of being drained.
        cloud.Http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0, Expect100ContinueTimeout = Patience })
        {
            BaseAddress = new Uri(cloud._app.Urls.Single()), Timeout = Patience,
        };
        return cloud;
    }

    public Task<HttpResponseMessage> PostAsync(string body) => PostAsync(new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Posts an assist and returns as soon as the response begins.</summary>
    public async Task<HttpResponseMessage> PostAsync(HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/assist") { Content = body };
        request.Headers.ExpectContinue = true; // a refusal comes before a body that is too large is sent
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _stop.CancelAsync();
        await _run;
        await _app!.DisposeAsync();
        await _engine.DisposeAsync();
        _stop.Dispose();
        _metrics.Dispose();
    }
}
