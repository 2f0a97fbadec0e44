using System.Diagnostics;
using System.Text;
using PdDevice.Cli.Commands;

namespace PdDevice.Cli.Demo;

/// <summary>This program as a child process that serves: a real process with real sockets, ended with its parent.</summary>
public sealed class ChildServer : IAsyncDisposable
{
    private readonly Process _process;

    private ChildServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Memory it holds now, bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Handles it holds now: files, sockets, pipes.</summary>
    public int Handles
    {
        get
        {
            _process.Refresh();
            return _process.HandleCount;
        }
    }

    /// <summary>Ends it the hard way, at once, with no chance to say goodbye (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>Starts <c>pdd ARGUMENTS</c> and waits until it tells where it listens.</summary>
    /// <param name="arguments">Command and options.</param>
    /// <param name="status">Gets the child's own lines while it starts.</param>
    /// <param name="cancellationToken">Ends the child too.</param>
    /// <param name="program">The program to start; default this one.</param>
    /// <exception cref="CliException">It ended before it listened; the message is its own last line.</exception>
    public static async Task<ChildServer> StartAsync(
        IReadOnlyList<string> arguments, Action<string> status, CancellationToken cancellationToken, string? program = null)
    {
        var start = new ProcessStartInfo(program ?? Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // Under `dotnet pdd.dll` the process is dotnet; as an apphost it is pdd itself.
        if (program is null && Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(typeof(ChildServer).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        // The arguments say all: a variable meant for this command must not slow, redirect or open its children.
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("PDD__", StringComparison.Ordinal) || key.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);

        start.Environment[ServerRun.ChildVariable] = "1";

        var errors = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (errors) errors.AppendLine(line.Data);
            status(line.Data);
        };
        process.Start();
        process.BeginErrorReadLine();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                var at = line.IndexOf(ServerRun.Ready, StringComparison.Ordinal);
                if (at >= 0) return new ChildServer(process, new Uri(line[(at + ServerRun.Ready.Length)..]));
            }

            await process.WaitForExitAsync(cancellationToken);
            throw new CliException(LastLine(errors, $"`pdd {arguments[0]}` ended before it was ready."));
        }
        catch
        {
            await EndAsync(process);
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await EndAsync(_process);

    private static string LastLine(StringBuilder errors, string otherwise)
    {
        lock (errors)
        {
            var line = errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? otherwise;
            return line.StartsWith("pdd: ", StringComparison.Ordinal) ? line[5..] : line;
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }
}
