using System.Diagnostics;

namespace PdDevice.Tests.Http.OpenAi.Conformance;

/// <summary>The conformance suite of OpenAI's JavaScript client: tests/clients/openai-npm.</summary>
internal static class NpmClient
{
    /// <summary>Installs the client where it is not yet, and runs the suite against an endpoint.</summary>
    /// <returns>The exit status and a line per case.</returns>
    public static async Task<(int Failed, string[] Lines)> RunAsync(ConformanceTarget target)
    {
        var folder = Path.Combine(House.Folder, "tests", "clients", "openai-npm");
        var stamp = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        if (!stamp.Exists || stamp.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
        {
            var (code, lines) = await RunAsync(folder, "npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error");
            Assert.True(code == 0, $"npm ci: {string.Join('\n', lines)}");
        }

        return await RunAsync(folder, "node", "conformance.mjs", target.BaseUrl.ToString(), target.Model, target.Key);
    }

    private static async Task<(int Code, string[] Lines)> RunAsync(string folder, string program, params string[] arguments)
    {
        // npm is a script on Windows: only a shell starts it.
        var shell = OperatingSystem.IsWindows();
        var start = new ProcessStartInfo(shell ? "cmd" : program, shell ? ["/c", program, .. arguments] : arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token) + await error;
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
