using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace PdDevice.Cloud.Telemetry;

/// <summary><c>GET /metrics</c>: what Prometheus scrapes. Works while the model loads.</summary>
public static class MetricsApi
{
    public const string Route = "/metrics";

    /// <summary>Maps the route; counting begins now.</summary>
    public static void Map(IEndpointRouteBuilder routes, CloudMetrics metrics)
    {
        var text = metrics.Text;
        routes.MapGet(Route, () => Results.Text(text.Read(), PrometheusText.ContentType));
    }
}
