using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace PdDevice.Cloud.Telemetry;

/// <summary><c>GET /metrics</c>: what Prometheus scrapes. Works while the model loads.</summary>
public static class MetricsApi
{
    public const string Route = "/metrics";

    /// <summary>Maps the route; counting begins now and ends with the host.</summary>
    /// <returns>The route, for what else holds for it.</returns>
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes, CloudMetrics metrics)
    {
        var text = new PrometheusText(metrics);
        routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(text.Dispose);
        return routes.MapGet(Route, () => Results.Text(text.Read(), PrometheusText.ContentType));
    }
}
