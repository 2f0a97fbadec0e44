using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PdDevice.Cloud.Keys;
using PdDevice.Cloud.Telemetry;

namespace PdDevice.Cloud.Http;

/// <summary>
/// Asks everybody for a key, on every path but those of <see cref="Open"/>: a route that is added later is closed until
/// somebody opens it here. The key is the bearer token (RFC 6750) and appears in no message.
/// </summary>
public static class KeyGuard
{
    private const string Scheme = "Bearer ";

    /// <summary>The paths that need no key.</summary>
    public static IReadOnlyList<string> Open { get; } = [HealthApi.HealthRoute, HealthApi.ReadyRoute];

    /// <summary>Id of the key a request came with; empty where no keys are asked for.</summary>
    public static string Owner(this HttpContext context) => context.Features.Get<ApiKey>()?.Id ?? "";

    internal static void Use(WebApplication app, KeyRing keys, CloudMetrics metrics) => app.Use((context, next) =>
    {
        if (!Open.Contains(context.Request.Path.Value)) context.Features.Set(Identify(context.Request, keys, metrics));
        return next(context);
    });

    /// <exception cref="RefusedException">There is no key, or not one of these.</exception>
    private static ApiKey Identify(HttpRequest request, KeyRing keys, CloudMetrics metrics)
    {
        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Refusals.Counted(metrics, "no_key", "This cloud asks for a key. Send it as: Authorization: Bearer KEY.");
        return keys.Find(header[Scheme.Length..].Trim())
            ?? throw Refusals.Counted(metrics, "bad_key", "This is not a key of this cloud. Ask its operator for one.");
    }
}
