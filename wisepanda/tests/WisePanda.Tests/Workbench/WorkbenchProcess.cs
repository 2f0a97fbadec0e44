using System.Diagnostics;

namespace WisePanda.Tests.Workbench;

/// <summary>The <c>wisepanda workbench</c> command as a process of its own, so that it can be killed.</summary>
internal sealed class WorkbenchProcess : IDisposable
{
    private readonly Process process;

    private WorkbenchProcess(Process process, Uri url) => (this.process, Url) = (process, url);

    public Uri Url { get; }

    public static async Task<WorkbenchProcess> StartAsync(string folder, string listen = "127.0.0.1:0")
    {
        var command = Path.Combine(AppContext.BaseDirectory, "wisepanda.dll");
        var started = Process.Start(new ProcessStartInfo("dotnet", [command, "workbench", "--folder", folder, "--listen", listen, "--no-open"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var line = await started.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The workbench ended before it served its page.");
        return new WorkbenchProcess(started, new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..]));
    }

    /// <summary>kill -9: nothing is flushed, closed or said.</summary>
    public void Kill()
    {
        process.Kill(); // SIGKILL
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}
