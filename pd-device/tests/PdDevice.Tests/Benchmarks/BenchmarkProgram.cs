using System.Diagnostics;

namespace PdDevice.Tests.Benchmarks;

/// <summary>The benchmarks' own program, run to its end.</summary>
internal static class BenchmarkProgram
{
    public static async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "PdDevice.Benchmarks.exe" : "PdDevice.Benchmarks"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
