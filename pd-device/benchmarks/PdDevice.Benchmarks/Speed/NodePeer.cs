using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PdDevice.Cli;

namespace PdDevice.Benchmarks.Speed;

/// <summary>node-llama-cpp from npm, at the versions of the lock file beside it.</summary>
internal static class NodePeer
{
    public const string Name = "node-llama-cpp";

    private static string Folder => Path.Combine(House.Folder, "benchmarks", "peers", Name);

    /// <summary>Installs it where it is not installed yet. Null when it is ready; else why it cannot be measured.</summary>
    public static async Task<string?> PrepareAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64) return "its lock file holds the build for linux-x64 only";
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"))) return null;
        try
        {
            // Without the optional packages: those are the builds for GPUs, hundreds of megabytes.
            await ChildProcess.RunAsync("npm", ["ci", "--ignore-scripts", "--omit=optional", "--no-fund", "--no-audit", "--loglevel=error"], Folder, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is Win32Exception or CliException)
        {
            return $"npm ci failed in benchmarks/peers/{Name} ({exception.Message})";
        }
    }

    public static Task MeasureAsync(string plan, string output, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync("node", [Path.Combine(Folder, "speed.mjs"), plan, output], Folder, cancellationToken);
}

/// <summary>A program run to its end.</summary>
internal static class ChildProcess
{
    /// <exception cref="CliException">It failed; the message holds its last words.</exception>
    public static async Task RunAsync(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            _ = await output;
            if (process.ExitCode == 0) return;
            var words = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            throw new CliException($"{Path.GetFileName(program)} ended with code {process.ExitCode}: {string.Join(" ", words.TakeLast(6))}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
