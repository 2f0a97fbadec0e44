using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PdDevice.Cloud.Telemetry;

namespace PdDevice.Cloud.Http;

/// <summary>The cloud's web server: Kestrel on the address of the options, the assist API and the metrics, and nothing else.</summary>
public static class CloudHost
{
    public static WebApplication Build(CloudOptions options, CloudService cloud)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{options.Listen}");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = AssistApi.MaxBody;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        AssistApi.Map(app, cloud);
        MetricsApi.Map(app, cloud.Metrics);
        return app;
    }
}
