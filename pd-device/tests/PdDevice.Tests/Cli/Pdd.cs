using System.Diagnostics;
using System.Text;
using PdDevice.Cli.Demo;

namespace PdDevice.Tests.Cli;

/// <summary>The <c>pdd</c> command as a person runs it: a process.</summary>
internal static class Pdd
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "pdd.exe" : "pdd");

    public sealed record Result(int Code, string Out, string Error);

    public static ProcessStartInfo Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return start;
    }

    public static async Task<Result> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Process.Start(Start(arguments, environment))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Result(process.ExitCode, await output, await error);
    }

    /// <summary>A server as a child process. Kill it by its id.</summary>
    public static Task<ChildServer> ServeAsync(params string[] arguments) =>
        ChildServer.StartAsync(arguments, _ => { }, CancellationToken.None, Path);
}
