using System.Text.Json;

namespace PdDevice.Tests.Cli;

/// <summary>The smoke version of the demo: a fast profile and a short answer.</summary>
[Collection("Engine")]
public sealed class DemoCommandTests
{
    private const int Tokens = 120; // more than the planned lease, so that there is a handover

    [Fact]
    public async Task Demo_FastProfile_ThreeWaysAndTheirJson()
    {
        var file = Path.GetTempFileName();
        var result = await Pdd.RunAsync(["demo", "--profile", "phone@1000", "--max-tokens", $"{Tokens}", "--json", file]);
        Assert.True(result.Code == 0, result.Error + result.Out);
        Assert.Contains("emulated", result.Out);
        Assert.Contains("[cloud>]", result.Out);
        Assert.Contains("[device>]", result.Out);
        Assert.Contains("End of generation is held back", result.Out);

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var root = json.RootElement;
        Assert.NotEmpty(root.GetProperty("machine").GetString()!);
        Assert.Contains("phone@1000", root.GetProperty("emulated").GetProperty("device").GetString());
        Assert.InRange(root.GetProperty("prompt").GetProperty("tokens").GetInt32(), 1500, 1700);
        var ways = root.GetProperty("ways").EnumerateArray().ToDictionary(w => w.GetProperty("way").GetString()!);
        Assert.Equal(["device-only", "cloud-only", "pd-device"], ways.Keys);
        foreach (var (name, way) in ways)
        {
            Assert.Equal(Tokens, way.GetProperty("cloudTokens").GetInt32() + way.GetProperty("deviceTokens").GetInt32());
            foreach (var time in (string[])["ttftMs", "tpotMeanMs", "itlMaxMs", "totalMs"]) Assert.True(way.GetProperty(time).GetDouble() > 0, $"{name} {time}");
            Assert.NotEmpty(way.GetProperty("text").GetString()!);
        }

        Assert.Equal(0, ways["device-only"].GetProperty("bytesLeft").GetInt64());
        Assert.Equal(0, ways["device-only"].GetProperty("occupancyMs").GetDouble());
        Assert.Equal(0, ways["device-only"].GetProperty("handoverIndex").GetInt32());
        Assert.Equal(Tokens, ways["cloud-only"].GetProperty("cloudTokens").GetInt32());
        Assert.Equal(JsonValueKind.Null, ways["cloud-only"].GetProperty("handoverIndex").ValueKind);
        var both = ways["pd-device"];
        Assert.Equal(both.GetProperty("cloudTokens").GetInt32(), both.GetProperty("handoverIndex").GetInt32());
        Assert.True(both.GetProperty("bytesLeft").GetInt64() > 0);
        Assert.True(both.GetProperty("occupancyMs").GetDouble() > 0);
        Assert.True(both.GetProperty("cloudTokensUnused").GetInt32() >= 0);
        File.Delete(file);
    }

    [Theory]
    [InlineData("does not exist", "--json", "/no/such/folder/x.json")]
    [InlineData("is a folder", "--json", ".")]
    [InlineData("There is no model file", "--model", "/no/such.gguf")]
    [InlineData("nope", "--profile", "nope")]
    public async Task Demo_BadInput_OneLine(string expected, params string[] arguments)
    {
        var result = await Pdd.RunAsync(["demo", .. arguments]);
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task ChildServer_ParentGone_ChildEndsToo()
    {
        // What the child sees of a parent that was killed: its standard input ends.
        var start = Pdd.Start(["cloud", "--model", "scripted", "--listen", "127.0.0.1:0"], new Dictionary<string, string> { ["PDD_CHILD"] = "1" });
        start.RedirectStandardInput = true;
        using var process = System.Diagnostics.Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        Assert.Contains("listening on", await process.StandardOutput.ReadLineAsync());
        process.StandardInput.Close();
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System).Token);
        Assert.Equal(0, process.ExitCode);
    }
}
