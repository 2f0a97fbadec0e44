using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PdDevice.Http.Hosting;
using PdDevice.Http.OpenAi;

namespace PdDevice.Device.Http;

/// <summary>The device's web server on loopback.</summary>
public static class DeviceHost
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);

    /// <exception cref="SetupException">Kestrel's own configuration would open it to other machines.</exception>
    public static WebApplication Build(string listen, DeviceRuntime device)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{listen}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        if (LoopbackGuard.Reachable(builder.Configuration, $"http://{listen}") is { } url)
            throw new SetupException($"'{url}' is not a loopback address: a device answers its own machine only.");
        var app = builder.Build();
        LoopbackGuard.Use(app);
        AnswerApi.Map(app, device);
        OpenAiApi.Map(app, new CompletionBackend(device), new OpenAiOptions { Heartbeat = Heartbeat, Time = device.Time });
        app.Lifetime.ApplicationStarted.Register(device.Start);
        app.Lifetime.ApplicationStopped.Register(() => device.StopAsync().GetAwaiter().GetResult()); // the host waits for what is registered here, and its engine goes next
        return app;
    }
}
