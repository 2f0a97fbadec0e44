using System.Text.Json;
using System.Text.Json.Nodes;
using PdDevice.Benchmarks;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;

namespace PdDevice.Tests.Evaluation;

public sealed class MeasuredQualityTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void BuiltIn_EmbeddedModel_IsWhatWasMeasured()
    {
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(House.Results, "refinement-window.json")), EvalJson.Default.RefinementReport)!;
        Assert.Equal(report.DefaultRatio, MeasuredQuality.BuiltIn(report.WeightsFingerprint)!.SmallestBorne);
        Assert.Null(MeasuredQuality.BuiltIn("another model's"));
    }

    [Fact]
    public void Read_OtherModelsFile_IsRefused()
    {
        File.Copy(Path.Combine(House.Results, "refinement-window.json"), _file, overwrite: true);
        var fingerprint = JsonNode.Parse(File.ReadAllText(_file))!["weightsFingerprint"]!.GetValue<string>();
        Assert.NotEmpty(MeasuredQuality.Read(_file, fingerprint).Ratios);
        Assert.Contains("another model", Assert.Throws<FormatException>(() => MeasuredQuality.Read(_file, "mine")).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"rows\":null}")]
    [InlineData("not JSON")]
    public void Read_OtherFile_IsANamedError(string text)
    {
        File.WriteAllText(_file, text);
        Assert.Contains("pdd eval refinement", Assert.Throws<FormatException>(() => MeasuredQuality.Read(_file, "mine")).Message);
    }
}
