using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace PdDevice.Cloud.Http;

/// <summary>Answer of <c>/health</c> and <c>/ready</c>.</summary>
/// <param name="Status"><c>alive</c>; <c>loading</c>, <c>serving</c> or <c>draining</c>.</param>
/// <param name="Progress">While loading: share of the model loaded, 0 to 1.</param>
public sealed record HealthBody(string Status, double? Progress = null);

/// <summary>For whoever watches the process: is it alive, and may it be sent work.</summary>
public static class HealthApi
{
    /// <summary>200 as long as the process answers at all.</summary>
    public const string HealthRoute = "/health";

    /// <summary>200 while it serves; 503 before and after.</summary>
    public const string ReadyRoute = "/ready";

    public static void Map(IEndpointRouteBuilder routes, CloudLifecycle life)
    {
        routes.MapGet(HealthRoute, () => Results.Json(new HealthBody("alive"), HealthJson.Default.HealthBody));
        routes.MapGet(ReadyRoute, () => life.Serving switch
        {
            null => Unready(new HealthBody("loading", life.Progress)),
            { Draining: true } => Unready(new HealthBody("draining")),
            _ => Results.Json(new HealthBody("serving"), HealthJson.Default.HealthBody),
        });
    }

    private static IResult Unready(HealthBody body) =>
        Results.Json(body, HealthJson.Default.HealthBody, statusCode: StatusCodes.Status503ServiceUnavailable);
}

/// <summary>JSON of <see cref="HealthApi"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthBody))]
public sealed partial class HealthJson : JsonSerializerContext;
