using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace PdDevice.Cli.Commands;

/// <summary>Starts a web server, tells where it listens, and waits for the end.</summary>
public static class ServerRun
{
    /// <summary>What stands before the address on standard output; whoever starts a server as a child reads it.</summary>
    public const string Ready = "listening on ";

    /// <summary>Set for a child: it ends when its standard input does, and so with its parent, however that ends.</summary>
    public const string ChildVariable = "PDD_CHILD";

    public static async Task UntilStoppedAsync(WebApplication app, string name, CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync($"pdd {name} {Ready}{app.Urls.First()}");
        await Console.Out.FlushAsync(cancellationToken);
        if (Environment.GetEnvironmentVariable(ChildVariable) == "1") _ = StopWithParentAsync(app);
        await app.WaitForShutdownAsync(cancellationToken);
    }

    private static async Task StopWithParentAsync(WebApplication app)
    {
        await Console.OpenStandardInput().CopyToAsync(Stream.Null); // the parent never writes: this ends with it
        app.Lifetime.StopApplication();
    }
}
