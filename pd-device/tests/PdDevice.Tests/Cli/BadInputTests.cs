using System.Net;
using System.Net.Sockets;
using PdDevice.Inference;

namespace PdDevice.Tests.Cli;

/// <summary>Bad input: one line that says what to do, an exit code that is not 0, no stack trace, no abort.</summary>
[Collection("Engine")]
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-bad-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("is empty", "run", "")]
    [InlineData("is empty", "run", "  ")]
    [InlineData("not valid UTF-8", "run", "what\uFFFD?")]
    [InlineData("missing", "run")]
    [InlineData("nope", "run", "hi", "--profile", "nope")]
    [InlineData("prefill rate", "run", "hi", "--profile", "phone@fast")]
    [InlineData("rtt", "run", "hi", "--link", "rtt=99s")]
    [InlineData("There is no model file", "run", "hi", "--model", "/no/such/file.gguf")]
    [InlineData("--allow-plain-http", "run", "hi", "--cloud", "http://192.0.2.1:8080")]
    [InlineData("is not a URL", "run", "hi", "--cloud", "ftp://x")]
    [InlineData("whole number", "run", "hi", "--max-tokens", "0")]
    [InlineData("number from 0 to 10", "run", "hi", "--temperature", "NaN")]
    [InlineData("is not an address", "cloud", "--listen", "somewhere")]
    [InlineData("is not an address", "cloud", "--listen", "127.0.0.1:99999")]
    [InlineData("whole number", "cloud", "--slots", "-1")]
    [InlineData("200ms or 30s", "cloud", "--drain", "30")]
    [InlineData("200ms or 30s", "cloud", "--drain", "-1s")]
    [InlineData("up to 60s", "cloud", "--max-stall", "61s")]
    [InlineData("neither mixed", "cloud", "--pools", "both")]
    [InlineData("whole number", "cloud", "--max-total", "0")]
    [InlineData("is not a loopback address", "cloud", "--model", "scripted", "--listen", "0.0.0.0:0")]
    [InlineData("Unrecognized", "fly")]
    [InlineData("no option", "run", "--foo")]
    [InlineData("--file is empty", "run", "hi", "--file", "")]
    [InlineData("without user", "run", "hi", "--cloud", "http://me:secret@127.0.0.1:1")]
    [InlineData("without user", "run", "hi", "--cloud", "http://127.0.0.1:1/base")]
    [InlineData("loopback", "device", "--listen", "0.0.0.0:0")]
    [InlineData("64 to", "run", "hi", "--context", "10")]
    [InlineData("--refinement-quality: ", "run", "hi", "--model", "scripted", "--refinement-quality", "/no/such/file.json")] // checked though nothing is to be refined
    public async Task Command_BadArguments_OneLineThatSaysWhatToDo(string expected, params string[] arguments) =>
        AssertOneLine(expected, await Pdd.RunAsync(arguments));

    [Fact]
    public async Task Run_BadVariable_OneLineThatNamesIt() =>
        AssertOneLine("PDD__Engine__Threads", await Pdd.RunAsync(["run", "hi"], new Dictionary<string, string> { ["PDD__Engine__Threads"] = "many" }));

    [Fact]
    public async Task Run_GgufTruncatedOrNotOne_OneLineEach()
    {
        var whole = await File.ReadAllBytesAsync(EmbeddedModel.Path);
        foreach (var length in (int[])[0, 3, 4, 20, 1000, 40_000, whole.Length / 2, whole.Length - 1])
        {
            var file = Path.Combine(_folder, "cut.gguf");
            await File.WriteAllBytesAsync(file, whole[..length]);
            AssertOneLine(file, await Pdd.RunAsync(["run", "hi", "--model", file]));
        }

        var text = Path.Combine(_folder, "text.gguf");
        await File.WriteAllTextAsync(text, string.Concat(Enumerable.Repeat("not a model ", 10_000)));
        AssertOneLine("not a GGUF", await Pdd.RunAsync(["run", "hi", "--model", text]));
        AssertOneLine(_folder, await Pdd.RunAsync(["run", "hi", "--model", _folder]));
    }

    [Fact]
    public async Task Run_FileNotUtf8OrMissingOrAFolder_OneLineEach()
    {
        var file = Path.Combine(_folder, "latin1.txt");
        await File.WriteAllBytesAsync(file, [.. "caf"u8, 0xE9, .. " au lait"u8]);
        AssertOneLine("not valid UTF-8 (byte 3)", await Pdd.RunAsync(["run", "hi", "--file", file]));
        AssertOneLine("does not exist", await Pdd.RunAsync(["run", "hi", "--file", Path.Combine(_folder, "none.txt")]));
        AssertOneLine("is a folder", await Pdd.RunAsync(["run", "hi", "--file", _folder]));
    }

    [Fact]
    public async Task Run_PromptBeyondContext_OneLineAndNothingOnStandardOutput()
    {
        var file = Path.Combine(_folder, "long.txt");
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat("word ", 6000)));
        var result = await Pdd.RunAsync(["run", "hi", "--file", file]);
        AssertOneLine("Shorten the prompt", result);
        Assert.Empty(result.Out);
    }

    [Theory]
    [InlineData("cloud")]
    [InlineData("device")]
    public async Task Serve_PortInUse_OneLine(string command)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var result = await Pdd.RunAsync([command, "--model", "scripted", "--listen", $"127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}"]);
        AssertOneLine("in use", result, othersFrom: $"pdd {command}: ");
    }

    [Fact]
    public async Task Run_StandardErrorClosed_AnswersAndEndsWell()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", $"'{Pdd.Path}' run 'Tell me a story.' --max-tokens 3 2>&- ; echo code $?; '{Pdd.Path}' run '' 2>/dev/full; echo code $?"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        Assert.Contains("code 0", output);
        Assert.Contains("code 1", output);
        Assert.DoesNotContain("code 134", output);
    }

    [Fact]
    public async Task Run_LibraryMissing_SaysWhatToRun() =>
        AssertOneLine("PDD_LLAMA_DIR", await Pdd.RunAsync(["run", "hi"], new Dictionary<string, string> { ["PDD_LLAMA_DIR"] = _folder }));

    private static void AssertOneLine(string expected, Pdd.Result result, string? othersFrom = null)
    {
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => othersFrom is null || !l.StartsWith(othersFrom, StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length == 1, result.Error);
        Assert.StartsWith("pdd: ", lines[0]);
        Assert.Contains(expected, lines[0]);
        Assert.InRange(result.Code, 1, 127); // 128 and more: ended by a signal
    }
}
