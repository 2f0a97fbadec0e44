using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PdDevice.Cli.Demo;

namespace PdDevice.Tests.Cli;

[Collection("Engine")]
public sealed class RunCommandTests
{
    [Fact]
    public async Task Run_EmbeddedModel_AnswerAloneOnStandardOutput()
    {
        var result = await Pdd.RunAsync(["run", "Tell me a story about a fox and a lantern.", "--max-tokens", "30"]);
        Assert.Equal(0, result.Code);
        Assert.Contains("fox", result.Out);
        Assert.DoesNotContain("pdd:", result.Out);
        Assert.Contains("0 bytes left the device", result.Error);
    }

    [Fact]
    public async Task Run_IntoAPipe_EachTokenIsWrittenAsItIsShown()
    {
        // 40 tokens at 20 a second: the pipe must have text while most of the answer does not exist yet.
        using var process = Process.Start(Pdd.Start(["run", "Tell me a story about a fox.", "--max-tokens", "40", "--profile", "phone@371"]))!;
        _ = process.StandardError.ReadToEndAsync();
        var reads = new List<string>();
        var buffer = new byte[4096];
        while (await process.StandardOutput.BaseStream.ReadAsync(buffer) is > 0 and var count) reads.Add(Encoding.UTF8.GetString(buffer, 0, count));
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.InRange(reads.Count, 5, 41); // at most one a token and one for the line's end; a busy machine may join some
    }

    [Fact]
    public async Task Run_Invariant7_WithCloudSaysWhatLeft_LocalOnlySendsNothing()
    {
        await using var cloud = await Pdd.ServeAsync("cloud", "--listen", "127.0.0.1:0");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, string.Join(' ', Enumerable.Range(1, 60).Select(i => $"The code of door {i} is {i * 37}.")));
        string[] ask = ["run", "What is the code of door 7?", "--file", file, "--cloud", cloud.Address.ToString(), "--profile", "phone@400", "--max-tokens", "24"];

        var together = await Pdd.RunAsync(ask);
        Assert.Equal(0, together.Code);
        Assert.DoesNotContain(" 0 tokens from the cloud", together.Error);
        Assert.DoesNotContain(" 0 bytes left", together.Error);

        var local = await Pdd.RunAsync([.. ask, "--local-only"]);
        Assert.Contains(" 0 tokens from the cloud", local.Error);
        Assert.Contains(" 0 bytes left the device", local.Error);
        File.Delete(file);
    }

    [Theory]
    [InlineData("run", "--cloud-mode", "off")]
    [InlineData("run", "--local-only", "true")]
    [InlineData("device", "--cloud-mode", "off")]
    [InlineData("run", "--cloud-mode", "auto")]
    public async Task Command_Invariant7_CloudOff_NoSocketIsOpened(string command, string flag, string value)
    {
        using var cloud = new TcpListener(IPAddress.Loopback, 0);
        cloud.Start(); // who connects waits in its backlog
        var all = new List<string> { "--model", "scripted", "--profile", "phone@100", "--target-ttft", "0", "--cloud", $"http://{cloud.LocalEndpoint}", flag, value };
        if (command == "run")
        {
            var result = await Pdd.RunAsync(["run", "What is new on this fine day?", "--max-tokens", "10", .. all]);
            Assert.True(result.Code == 0, result.Error);
        }
        else
        {
            await using var device = await Pdd.ServeAsync(["device", "--listen", "127.0.0.1:0", .. all]);
            using var http = new HttpClient();
            using var answer = await http.PostAsync(new Uri(device.Address, "/v1/answers"), new StringContent("""{"prompt":"What is new?","maxTokens":10}"""));
            Assert.Contains("deviceTokens", await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal(value == "auto", cloud.Pending());
    }

    [Theory]
    [InlineData("--cloud-mode", "required", "--cloud URL")]
    [InlineData("--cloud-mode", "sometimes", "none of auto, off and required")]
    [InlineData("--power-hint", "high", "neither normal nor low")]
    public async Task Run_CloudSettingThatCannotBe_OneLineSaysWhatToDo(string flag, string value, string expected)
    {
        var result = await Pdd.RunAsync(["run", "Hello?", "--model", "scripted", flag, value]);
        Assert.NotEqual(0, result.Code);
        Assert.Contains(expected, result.Error);
    }

    [Theory]
    [InlineData("run", true)]
    [InlineData("run", false, "--refine", "on")]
    [InlineData("run", false, "--refine", "auto")]
    [InlineData("device", true)]
    [InlineData("device", false, "--refine", "on")]
    public async Task Command_KeepRatioWithRefineOff_OneLineSaysThatItDoesNothing(string command, bool vain, params string[] refine)
    {
        string[] all = ["--model", "scripted", "--keep-ratio", "0.5", .. refine];
        string error;
        if (command == "run")
        {
            var result = await Pdd.RunAsync(["run", "Hello?", "--max-tokens", "5", .. all]);
            Assert.Equal(0, result.Code);
            error = result.Error;
        }
        else
        {
            var lines = new ConcurrentQueue<string>();
            await using var device = await ChildServer.StartAsync(["device", "--listen", "127.0.0.1:0", .. all], lines.Enqueue, CancellationToken.None, Pdd.Path);
            error = string.Join('\n', lines);
        }

        Assert.Equal(vain ? 1 : 0, error.Split('\n').Count(line => line.Contains("--keep-ratio does nothing while --refine is off", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_TaskThatWasNotMeasured_OneLineNamesThoseThatWere()
    {
        var result = await Pdd.RunAsync(["run", "Hello?", "--task", "poems", "--refine", "on"]);
        Assert.Equal((1, ""), (result.Code, result.Out));
        Assert.Contains("needle", Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task Run_CloudHasOtherTokenizer_SaysBothNamesAndAnswersAlone()
    {
        await using var cloud = await Pdd.ServeAsync("cloud", "--listen", "127.0.0.1:0", "--model", "scripted");
        var result = await Pdd.RunAsync(["run", "Tell me a story.", "--cloud", cloud.Address.ToString(), "--max-tokens", "10", "--profile", "phone@100", "--target-ttft", "0"]);
        Assert.Equal(0, result.Code);
        Assert.Contains("pdd-tiny", result.Error);
        Assert.Contains("scripted", result.Error);
        Assert.Contains(" 10 from the device", result.Error);
        Assert.NotEmpty(result.Out.Trim());
    }
}
