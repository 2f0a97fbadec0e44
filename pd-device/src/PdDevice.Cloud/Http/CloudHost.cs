using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PdDevice.Cloud.Keys;
using PdDevice.Cloud.Telemetry;
using PdDevice.Http.Hosting;
using PdDevice.Http.OpenAi;

namespace PdDevice.Cloud.Http;

/// <summary>
/// The cloud's web server: Kestrel on the address of the options or the endpoints of its own configuration, TLS and HTTP/2
/// included. It runs from before the model is loaded until after the last stream has ended.
/// </summary>
public static class CloudHost
{
    private const long BodyUntilLoaded = 256 << 10;
    private static readonly TimeSpan HeadersPatience = TimeSpan.FromSeconds(15);

    /// <param name="options">Address and limits.</param>
    /// <param name="life">What is served, once it is loaded.</param>
    /// <param name="keys">Whom it serves; null: this machine, and nobody is asked for a key.</param>
    /// <exception cref="SetupException">Without keys, other machines could reach it.</exception>
    public static WebApplication Build(CloudOptions options, CloudLifecycle life, KeyRing? keys)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // Who starts the host says in one line why it did not start.
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var url = $"http://{options.Listen}";
        if (keys is null && LoopbackGuard.Reachable(builder.Configuration, url) is { } reachable)
            throw new SetupException($"'{reachable}' is not a loopback address, and a cloud that others can reach needs keys. Make one: pdd keys add NAME --keys FILE; then serve with --keys FILE.");
        if (!builder.Configuration.GetSection(LoopbackGuard.EndpointsSection).GetChildren().Any()) builder.WebHost.UseUrls(url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyUntilLoaded;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = HeadersPatience;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var app = builder.Build();

        app.UseStatusCodePages(context => Refusals.NoRouteAsync(context.HttpContext));
        Refusals.Use(app);
        if (keys is null) LoopbackGuard.Use(app);
        else KeyGuard.Use(app, keys, life.Metrics);
        app.Use((context, next) =>
        {
            if (KeyGuard.Open.Contains(context.Request.Path.Value) || context.Request.Path == MetricsApi.Route) return next(context);
            if (life.Serving is null) life.Metrics.Refused("loading");
            var body = life.Service.MaxBody;
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = body;
            return next(context);
        });
        HealthApi.Map(app, life);
        AssistApi.Map(app, life);
        OpenAiApi.Map(app, new CompletionBackend(life), new OpenAiOptions { Refused = life.Metrics.Refused });
        MetricsApi.Map(app, life.Metrics);
        return app;
    }

    /// <summary>The host would stop at the first signal; the cloud drains first. Who runs the host watches the signals.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
