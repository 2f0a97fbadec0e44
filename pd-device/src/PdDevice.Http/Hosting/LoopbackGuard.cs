using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace PdDevice.Http.Hosting;

/// <summary>Keeps a server that asks for no key to its own machine, and web pages away from it.</summary>
public static class LoopbackGuard
{
    /// <summary>Where Kestrel's own configuration names addresses, for example by <c>Kestrel__Endpoints__Https__Url</c>.</summary>
    public const string EndpointsSection = "Kestrel:Endpoints";

    /// <summary>Refuses, with 403 and an empty body, what does not come from this machine or comes from a web page.</summary>
    public static void Use(WebApplication app) => app.Use((context, next) =>
    {
        // The second wall: whatever the addresses, nothing comes in from elsewhere.
        var here = context.Connection.LocalIpAddress is not { } local || IPAddress.IsLoopback(local);
        if (here && !IsForeign(context.Request)) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    });

    /// <summary>The first address that other machines could reach, of those a server is about to listen on; null for none.</summary>
    /// <param name="configuration">The server's; where it has Kestrel endpoints, they are the addresses.</param>
    /// <param name="url">The address otherwise.</param>
    public static string? Reachable(IConfiguration configuration, string url)
    {
        var endpoints = configuration.GetSection(EndpointsSection).GetChildren().Select(endpoint => endpoint["Url"] ?? "").ToArray();
        return (endpoints.Length > 0 ? endpoints : [url]).FirstOrDefault(IsReachable);
    }

    /// <summary>Whether other machines could reach a server at this URL. A name other than localhost listens everywhere.</summary>
    public static bool IsReachable(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return !address.IsUnixPipe && !address.IsNamedPipe && !IsLoopback(address.Host);
        }
        catch (FormatException)
        {
            return true; // Kestrel will say what is wrong with it
        }
    }

    // A web page the person visits must not reach the endpoint through the person's own browser: not by a script
    // (Origin), not by a name that resolves to loopback (Host).
    private static bool IsForeign(HttpRequest request) =>
        !IsLoopback(request.Host.Host)
        || (request.Headers.Origin is [{ } origin, ..] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.IsLoopback));

    private static bool IsLoopback(string host) =>
        host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
