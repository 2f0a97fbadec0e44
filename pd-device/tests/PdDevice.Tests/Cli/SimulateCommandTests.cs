using System.Text.Json;

namespace PdDevice.Tests.Cli;

[Collection("Engine")]
public sealed class SimulateCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pdd-simulate-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Simulate_TwoPolicies_WritesWhatADemoCallsThemTwiceTheSame()
    {
        var trace = Trace("seconds,prompt_tokens,output_tokens\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"{i},{500 + (i * 7 % 900)},{50 + (i * 13 % 300)}\n")));
        var (code, output, error) = await RunAsync("--trace", trace, "--policies", "device-only,pd-device", "--seed", "5", "--json", Path("a.json"));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("pd-device", output);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path("a.json")));
        Assert.Equal(300, json.RootElement.GetProperty("requests").GetInt64());
        var policies = json.RootElement.GetProperty("policies").EnumerateArray().ToArray();
        Assert.Equal(["device-only", "pd-device"], policies.Select(policy => policy.GetProperty("policy").GetString()!));
        Assert.True(policies[1].GetProperty("ttftP50Ms").GetDouble() * 2 < policies[0].GetProperty("ttftP50Ms").GetDouble());
        foreach (var name in (string[])["ttftP99Ms", "cloudDecodeTokens", "slotSeconds", "goodput", "ceiling"])
            Assert.Equal(JsonValueKind.Number, policies[1].GetProperty(name).ValueKind);

        Assert.Equal(0, (await RunAsync("--trace", trace, "--policies", "device-only,pd-device", "--seed", "5", "--json", Path("b.json"), "--report", Path("report"))).Code);
        Assert.Equal(await File.ReadAllBytesAsync(Path("a.json")), await File.ReadAllBytesAsync(Path("b.json")));

        var page = await File.ReadAllTextAsync(Path("report/index.html"));
        Assert.Contains("--seed 5", page);
        Assert.DoesNotContain("/*DATA*/", page);
        Assert.All((string[])["vega.min.js", "vega-lite.min.js", "vega-embed.min.js"], library => Assert.True(new FileInfo(Path($"report/{library}")).Length > 10_000));
        Assert.DoesNotContain("src=\"http", page); // it opens without a network
    }

    [Theory]
    [InlineData("seconds,prompt_tokens\n1,2\n", "line 1 names no column output_tokens")]
    [InlineData("seconds,prompt_tokens,output_tokens\n1,2,3\nNaN,2,3\n", "line 3: seconds is 'NaN'")]
    public async Task Simulate_BadTrace_IsOneLineThatNamesFileAndLine(string text, string says)
    {
        var (code, _, error) = await RunAsync("--trace", Trace(text));
        Assert.Equal(1, code);
        Assert.Contains(says, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--policies", "magic", "There is no policy 'magic'")]
    [InlineData("--devices", "toaster", "There is no device 'toaster'")]
    [InlineData("--links", "rtt=fast", "a link reads like")]
    [InlineData("--load", "0", "0.001 to 100000")]
    public async Task Simulate_BadOption_SaysWhatIsKnown(string flag, string value, string says)
    {
        var (code, _, error) = await RunAsync("--trace", Trace("seconds,prompt_tokens,output_tokens\n1,2,3\n"), flag, value);
        Assert.Equal(1, code);
        Assert.Contains(says, error);
    }

    private static Task<Pdd.Result> RunAsync(params string[] arguments) => Pdd.RunAsync(["simulate", .. arguments]);

    private string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    private string Trace(string text)
    {
        File.WriteAllText(Path("trace.csv"), text);
        return Path("trace.csv");
    }
}
