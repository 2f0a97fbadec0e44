using System.ComponentModel;
using System.Runtime.InteropServices;
using PdDevice.Cli;

namespace PdDevice.Benchmarks.Speed;

/// <summary>node-llama-cpp from npm, at the versions of the lock file beside it.</summary>
internal static class NodePeer
{
    public const string Name = "node-llama-cpp";

    private const int LeastNode = 20;

    private static string Folder => Path.Combine(House.Folder, "benchmarks", "peers", Name);

    /// <summary>Installs it where it is not installed yet. Null when it is ready; else why it cannot be measured.</summary>
    public static async Task<string?> PrepareAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64) return "its lock file holds the build for linux-x64 only";
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        try
        {
            var version = await ChildProcess.RunAsync("node", ["--version"], Folder, cancellationToken);
            if (!Version.TryParse(version.Trim().TrimStart('v'), out var node) || node.Major < LeastNode) return $"it needs Node.js {LeastNode} or newer, not {version.Trim()}";
            if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"))) return null;
            // Without the optional packages: those are the builds for GPUs, hundreds of megabytes.
            await ChildProcess.RunAsync("npm", ["ci", "--ignore-scripts", "--omit=optional", "--no-fund", "--no-audit", "--loglevel=error", "--fetch-retries=1"], Folder, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is Win32Exception or CliException)
        {
            return $"Node.js or npm failed in benchmarks/peers/{Name}: {exception.Message}";
        }
    }

    public static Task MeasureAsync(string plan, string output, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync("node", [Path.Combine(Folder, "speed.mjs"), plan, output], Folder, cancellationToken);
}
