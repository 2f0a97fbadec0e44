using System.Text.Json;
using PdDevice.Benchmarks.Speed;

namespace PdDevice.Tests.Benchmarks.Speed;

/// <summary>The benchmark's own path with a few tokens: every side starts, answers and is compared. Its figures mean nothing.</summary>
[Collection("Engine")]
public sealed class SpeedCommandTests
{
    private const string Peer = "node-llama-cpp";

    [Fact]
    public async Task Speed_Smoke_EverySideMeasuredOrSkippedWithItsReason()
    {
        var file = Path.GetTempFileName();
        var (code, output, error) = await BenchmarkProgram.RunAsync("speed", "--smoke", "--json", file);
        Assert.True(code == 0, error + output);
        var report = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), SpeedJson.Default.SpeedReport)!;
        File.Delete(file);

        Assert.NotEmpty(report.Machine);
        Assert.Equal(1, report.Runs);
        if (OperatingSystem.IsLinux()) Assert.Contains("libllama", report.Build);
        Assert.All(report.Skipped, side => Assert.True(side is { Key: Peer, Value.Length: > 10 }));
        string[] always = ["bare", "cloud"];
        var sides = report.Skipped.Count > 0 ? always : [.. always, Peer];
        var figures = Assert.Single(report.Models).Figures;
        Assert.Equal(4, figures.Count);
        foreach (var figure in figures)
        {
            string[] expected = figure.Cell.Streams == 1 ? [.. sides, "device"] : sides;
            Assert.Equal(expected.Order(), figure.Rates.Keys.Order());
            Assert.All(figure.Rates.Values, rates => Assert.True(Assert.Single(rates) > 0));
            Assert.Equal(expected.Length - 1, figure.Comparisons.Count);
            Assert.Contains(figure.Cell.Name, output);
        }

        // Each side answers the same prompt with the same weights, so that the first token after a prefill alone is the same.
        Assert.All(figures.Single(figure => figure.Cell.IsPrefill).SameTokens.Values, share => Assert.Equal(1, share));
    }

    [Theory]
    [InlineData("There is no model file", "--model", "/no/such.gguf")]
    [InlineData("at least 1", "--runs", "0")]
    public async Task Speed_BadInput_OneLine(string expected, params string[] arguments)
    {
        var (code, _, error) = await BenchmarkProgram.RunAsync(["speed", .. arguments]);
        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }
}
