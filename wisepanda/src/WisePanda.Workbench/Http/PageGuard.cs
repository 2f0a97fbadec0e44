using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace WisePanda.Workbench.Http;

/// <summary>Keeps the workbench to its own page on its own machine: Host and Origin are checked, and the page may load nothing from elsewhere.</summary>
internal static class PageGuard
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Use(WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (IsOurs(context)) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    });

    // Another site's page in the person's browser must not reach the workbench: not by a name that resolves to loopback (Host),
    // not by a script or a form (Origin, which browsers send with whatever changes something).
    private static bool IsOurs(HttpContext context)
    {
        var request = context.Request;
        if (!IsLoopback(request.Host.Host) || (request.Host.Port ?? 80) != context.Connection.LocalPort) return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 ? HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) : origin == $"http://{request.Host}";
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
