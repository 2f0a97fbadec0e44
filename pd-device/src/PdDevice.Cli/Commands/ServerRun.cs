using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace PdDevice.Cli.Commands;

/// <summary>What servers have in common: the line that says they are ready, and the end with their parent.</summary>
public static class ServerRun
{
    /// <summary>What stands before the address on standard output once it serves; whoever starts a server as a child waits for it.</summary>
    public const string Ready = "listening on ";

    /// <summary>Set for a child: it ends when its standard input does, and so with its parent, however that ends.</summary>
    public const string ChildVariable = "PDD_CHILD";

    /// <summary>Starts a server that is ready at once, and waits for its end.</summary>
    public static async Task UntilStoppedAsync(WebApplication app, string name, CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        await TellReadyAsync(app, name);
        WithParent(app.Lifetime.StopApplication);
        await app.WaitForShutdownAsync(cancellationToken);
    }

    public static async Task TellReadyAsync(WebApplication app, string name)
    {
        await Console.Out.WriteLineAsync($"pdd {name} {Ready}{app.Urls.First()}");
        await Console.Out.FlushAsync();
    }

    /// <summary>For a child: calls this when the parent is gone.</summary>
    public static void WithParent(Action end)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) == "1") _ = WatchAsync(end);
    }

    private static async Task WatchAsync(Action end)
    {
        await Console.OpenStandardInput().CopyToAsync(Stream.Null); // the parent never writes: this ends with it
        end();
    }
}
