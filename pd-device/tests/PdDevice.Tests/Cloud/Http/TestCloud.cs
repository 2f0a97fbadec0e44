using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Keys;
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

    private TestCloud(IEngine engine, CloudOptions options, KeyRing? keys)
    {
        _engine = engine;
        var rates = new EngineRates(1000, 50);
        Service = new CloudService(new EnginePools(options, engine, prefill: null, rates, _metrics, TimeProvider.System), rates, options, _metrics, keys);
        Life = new CloudLifecycle(_metrics, TimeProvider.System);
    }

    /// <summary>No answer in this time is a failure; no test waits for it otherwise.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public CloudService Service { get; }

    public CloudLifecycle Life { get; }

    public WebApplication App => _app!;

    public HttpClient Http { get; private set; } = null!;

    /// <param name="engine">Turned by the cloud; disposed with it.</param>
    /// <param name="options">The address is replaced.</param>
    /// <param name="keys">Default: none are asked for.</param>
    /// <param name="loaded">False: it says that it is loading until <see cref="Life"/> is told otherwise.</param>
    public static async Task<TestCloud> StartAsync(IEngine engine, CloudOptions? options = null, KeyRing? keys = null, bool loaded = true)
    {
        var all = (options ?? new CloudOptions()) with { Listen = "127.0.0.1:0" };
        var cloud = new TestCloud(engine, all, keys);
        cloud._app = CloudHost.Build(all, cloud.Life, keys);
        await cloud._app.StartAsync();
        if (loaded) cloud.Life.Serve(cloud.Service);
        cloud._run = Task.Run(() => cloud.Service.Pools.RunAsync(cloud._stop.Token));

        // A stream that is let go closes its connection at once instead of being drained.
        cloud.Http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0, Expect100ContinueTimeout = Patience })
        {
            BaseAddress = new Uri(cloud._app.Urls.Single()), Timeout = Patience,
        };
        return cloud;
    }

    public Task<HttpResponseMessage> PostAsync(string body, string? key = null) => PostAsync(new StringContent(body, Encoding.UTF8, "application/json"), key);

    /// <summary>Posts an assist and returns as soon as the response begins.</summary>
    public async Task<HttpResponseMessage> PostAsync(HttpContent body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/assist") { Content = body };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
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
