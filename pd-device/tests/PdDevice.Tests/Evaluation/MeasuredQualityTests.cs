using System.Text.Json;
using System.Text.Json.Nodes;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;

namespace PdDevice.Tests.Evaluation;

public sealed class MeasuredQualityTests : IDisposable
{
    private static readonly string Results = Path.Combine(House.Folder, "benchmarks", "results", "refinement-window.json");

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void BuiltIn_EmbeddedModel_IsWhatWasMeasured()
    {
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Results), EvalJson.Default.RefinementReport)!;
        Assert.Equal(report.DefaultRatio, MeasuredQuality.BuiltIn(report.WeightsFingerprint)!.SmallestBorne);
        Assert.Null(MeasuredQuality.BuiltIn("another model's"));
    }

    // The rule, written down a second time over the file itself.
    [Fact]
    public void BuiltIn_EachTask_BearsWhatItsOwnRowsSayAndNothingWhereItDoesNotCount()
    {
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(Results), EvalJson.Default.RefinementReport)!;
        var tasks = MeasuredQuality.BuiltIn(report.WeightsFingerprint)!.Tasks;
        Assert.Equal(report.Tasks.Select(task => JsonNamingPolicy.CamelCase.ConvertName($"{task.Task}")).Order(), tasks.Keys.Order());
        foreach (var (name, quality) in tasks)
        {
            double[] borne = [.. report.Rows.Where(row => row.Task == name && row is { Selector: "window", RawShare: 0, Unrefined: >= .6, Change: >= -1, ChangeLow: > -3 }).Select(row => row.Ratio)];
            Assert.Equal(borne.Length == 0 ? null : borne.Min(), quality.SmallestBorne);
        }

        Assert.Contains(tasks, task => task.Value.SmallestBorne is null); // or what follows from it is not tested
        Assert.Contains(tasks, task => task.Value.SmallestBorne < report.DefaultRatio);
    }

    [Fact]
    public void Read_OtherModelsFile_IsRefused()
    {
        File.Copy(Results, _file, overwrite: true);
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
