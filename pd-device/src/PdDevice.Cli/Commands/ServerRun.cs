using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace PdDevice.Cli.Commands;

/// <summary>Starts a web server, tells where it listens, and waits for the end.</summary>
public static class ServerRun
{
    /// <summary>What stands before the address on standard output; whoever starts a server as a child reads it.</summary>
    public const string Ready = "listening on ";

    public static async Task UntilStoppedAsync(WebApplication app, string name, CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync($"pdd {name} {Ready}{app.Urls.First()}");
        await Console.Out.FlushAsync(cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
    }
}
