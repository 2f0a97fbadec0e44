using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PdDevice.Tests.Cli.Simulate;

/// <summary>Ctrl+C in the terminal of a real <c>pdd simulate</c> that would run for hours.</summary>
[Collection("Engine")]
public sealed partial class SimulateInterruptTests : IDisposable
{
    private const char CtrlC = '\u0003';
    private const long Enough = 5_000; // requests, one a second: the first of them have ended long since

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-interrupt-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Interrupt_WhileProgressShows_LeavesWhatHadEndedMarkedPartial()
    {
        if (!OperatingSystem.IsLinux()) return; // `script` of util-linux makes the terminal
        var (trace, report, file) = (Path.Combine(_folder, "trace.csv"), Path.Combine(_folder, "report"), Path.Combine(_folder, "a.json"));
        await File.WriteAllTextAsync(trace, "seconds,prompt_tokens,output_tokens\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},{500 + (i * 7 % 900)},{50 + (i * 13 % 300)}\n")));
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var terminal = Start($"stty cols 200; exec env --default-signal=INT '{Pdd.Path}' simulate --trace '{trace}' --requests 1000000000 --policies pd-device,cloud-only --report '{report}' --json '{file}'");
        var shown = new StringBuilder();
        try
        {
            var buffer = new char[4096];
            while (Done(shown.ToString()) < Enough)
            {
                var read = await terminal.StandardOutput.ReadAsync(buffer, patience.Token);
                Assert.True(read > 0, $"It ended by itself: {shown}");
                shown.Clear().Append(buffer.AsSpan(0, read)); // progress comes in one piece, again and again
            }

            await terminal.StandardInput.WriteAsync(CtrlC);
            await terminal.StandardInput.FlushAsync(patience.Token);
            var rest = await terminal.StandardOutput.ReadToEndAsync(patience.Token);
            await terminal.WaitForExitAsync(patience.Token);
            Assert.Equal(130, terminal.ExitCode);
            Assert.Contains("broken off", rest);
        }
        finally
        {
            if (!terminal.HasExited) terminal.Kill(entireProcessTree: true);
        }

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        Assert.True(json.RootElement.GetProperty("partial").GetBoolean());
        var policy = Assert.Single(json.RootElement.GetProperty("policies").EnumerateArray()); // the other one had not begun
        Assert.Equal("pd-device", policy.GetProperty("policy").GetString());
        Assert.InRange(policy.GetProperty("answers").GetInt64(), Enough / 2, 999_999_999);
        Assert.InRange(policy.GetProperty("ttftP50Ms").GetDouble(), 1, 60_000);
        var page = await File.ReadAllTextAsync(Path.Combine(report, "index.html"));
        Assert.Contains("\"partial\": true", page);
        Assert.Contains($"\"answers\": {policy.GetProperty("answers").GetInt64()},", page);
    }

    // util-linux's `script` gives the command a terminal, hands on what is typed and exits as it does.
    // Where tests are run in the background the interrupt is ignored, and what is ignored is inherited: hence `env`.
    private static Process Start(string command)
    {
        var start = new ProcessStartInfo("script") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var argument in (string[])["--quiet", "--return", "--flush", "--command", command, "/dev/null"]) start.ArgumentList.Add(argument);
        start.Environment["TERM"] = "xterm";
        start.Environment["SHELL"] = "/bin/sh";
        return Process.Start(start)!;
    }

    private static long Done(string shown) =>
        Progress().Match(shown) is { Success: true } match ? long.Parse(match.Groups["done"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 0;

    /// <summary>Bar, share, requests, rate and time left.</summary>
    [GeneratedRegex(@"pd-device {12}\[[#.]{30}\] +\d+ %  (?<done>[\d,]+) requests, [\d,]+/s, [\d:]+ left", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Progress();
}
