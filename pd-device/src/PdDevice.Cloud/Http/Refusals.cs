using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Wire;
using PdDevice.Http.OpenAi;

namespace PdDevice.Cloud.Http;

/// <summary>Turns refusals into responses: status, headers and the error object of the API that was asked.</summary>
internal static class Refusals
{
    /// <summary>Answers for every request further in that is refused before its response has begun.</summary>
    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (RefusedException refusal) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, refusal);
        }
    });

    /// <summary>A refusal that nobody has counted yet.</summary>
    public static RefusedException Counted(CloudMetrics metrics, string code, string message, TimeSpan? retryAfter = null)
    {
        metrics.Refused(code);
        return new RefusedException(new WireError(code, message), retryAfter);
    }

    /// <summary>What the web server itself turned away, in the same form: an unknown path, a wrong method.</summary>
    public static Task NoRouteAsync(HttpContext context) => context.Response.StatusCode == StatusCodes.Status403Forbidden
        ? Task.CompletedTask // the guard of loopback tells a foreign page nothing
        : Results.Json(
            new WireErrorBody(new WireError("no_route", $"There is nothing here for this path and method ({context.Response.StatusCode}).")),
            WireJson.Default.WireErrorBody, statusCode: context.Response.StatusCode).ExecuteAsync(context);

    private static Task WriteAsync(HttpContext context, RefusedException refusal)
    {
        var headers = context.Response.Headers;
        if (refusal.RetryAfter is { } later) headers.RetryAfter = $"{Math.Ceiling(later.TotalSeconds)}";
        if (refusal.Status == StatusCodes.Status401Unauthorized) headers.WWWAuthenticate = "Bearer";
        if (OpenAiApi.IsRoute(context.Request.Path))
            return OpenAiErrors.WriteAsync(context, new CompletionRefusedException(refusal.Status, refusal.Error.Code, refusal.Error.Message));
        return Results.Json(new WireErrorBody(refusal.Error), WireJson.Default.WireErrorBody, statusCode: refusal.Status).ExecuteAsync(context);
    }
}
