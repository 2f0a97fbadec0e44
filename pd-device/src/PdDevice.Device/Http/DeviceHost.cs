using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PdDevice.Device.Http;

/// <summary>The device's web server on loopback.</summary>
public static class DeviceHost
{
    public static WebApplication Build(string listen, DeviceRuntime device)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{listen}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (IsForeign(context.Request)) context.Response.StatusCode = StatusCodes.Status403Forbidden;
            else await next(context);
        });
        AnswerApi.Map(app, device);
        return app;
    }

    // A web page the person visits must not reach the device's endpoint through the person's own browser:
    // not by a script (Origin), not by a name that resolves to loopback (Host).
    private static bool IsForeign(HttpRequest request) =>
        !IsLoopback(request.Host.Host)
        || (request.Headers.Origin is [{ } origin, ..] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.IsLoopback));

    private static bool IsLoopback(string host) =>
        host == "localhost" || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));
}
