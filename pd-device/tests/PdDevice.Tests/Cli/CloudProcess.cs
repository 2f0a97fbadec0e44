using System.Diagnostics;
using System.Runtime.InteropServices;
using PdDevice.Cli.Commands;

namespace PdDevice.Tests.Cli;

/// <summary><c>pdd cloud --model scripted</c> as a process of its own that gets signals.</summary>
internal sealed partial class CloudProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Task<string> _error;

    private CloudProcess(Process process, Uri address, Task<string> error) => (_process, Address, _error) = (process, address, error);

    public Uri Address { get; }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="arguments">After <c>cloud --model scripted</c>.</param>
    /// <param name="environment">Variables on top.</param>
    public static async Task<CloudProcess> StartAsync(string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = Pdd.Start(["cloud", "--model", "scripted", .. arguments], environment);
        start.RedirectStandardInput = true;
        var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync();
        if (line is null) throw new InvalidOperationException(await error);
        return new CloudProcess(process, new Uri(line[(line.IndexOf(ServerRun.Ready, StringComparison.Ordinal) + ServerRun.Ready.Length)..]), error);
    }

    /// <summary>SIGTERM.</summary>
    public void Stop() => Assert.Equal(0, Kill(_process.Id, Terminate));

    /// <summary>What a child sees of a parent that is gone.</summary>
    public void LoseParent() => _process.StandardInput.Close();

    /// <summary>Its exit code and what it said on standard error.</summary>
    public async Task<(int Code, string Error)> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await _process.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
