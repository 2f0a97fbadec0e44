using System.CommandLine;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Requests;
using PdDevice.Evaluation.Reports;
using PdDevice.Simulation;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Policies;

namespace PdDevice.Cli.Simulate;

/// <summary>What a command line asks to be simulated, checked.</summary>
/// <param name="Trace">The file.</param>
/// <param name="Policies">Names, in order.</param>
/// <param name="Setup">The world.</param>
/// <param name="Quality">Keep ratios with their loss.</param>
/// <param name="QualityText">The same, for a person.</param>
/// <param name="CloudName">The cloud's machine.</param>
/// <param name="Model">The model's size.</param>
/// <param name="Load">Times the trace's own rate.</param>
/// <param name="Search">Whether each policy's highest load is looked for.</param>
/// <param name="OutputMean">Mean length the answers are scaled to; null: as measured.</param>
/// <param name="Requests">To run; 0: as many as the trace has.</param>
/// <param name="Spread">Grain of the trace's time stamps over which its requests are spread; zero: as they are.</param>
/// <param name="Report">Folder of the HTML report; null: none.</param>
/// <param name="Json">File of the results; null: none.</param>
public sealed record SimulationPlan(
    string Trace, IReadOnlyList<string> Policies, SimulationSetup Setup, QualityTable Quality, string QualityText, string CloudName, string Model,
    double Load, bool Search, double? OutputMean, long Requests, TimeSpan Spread, string? Report, string? Json)
{
    /// <exception cref="CliException">An option cannot be used.</exception>
    public static SimulationPlan From(ParseResult result)
    {
        var trace = Settings.SimulateTrace.Of(result) ?? throw new CliException("Which trace? Name its file with --trace FILE: Azure's CSV, Mooncake's JSON lines, or a CSV with the columns seconds, prompt_tokens, output_tokens.");
        var policies = Settings.Policies.Of(result)!;
        var (model, hardware) = (Settings.ModelSize.Of(result)!, Settings.CloudHardware.Of(result)!);
        var json = Settings.Json.Of(result);
        if (json is not null && (Directory.Exists(json) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(json)))))
            throw new CliException($"{json} is a folder, or its folder does not exist. Choose another file for --json.");
        var report = Settings.Report.Of(result);
        if (report is not null) Prepare(report);
        try
        {
            var given = Settings.Quality.Of(result);
            var quality = given ?? Measured();
            var costs = hardware.With(model);
            var cloud = new CloudSetup(costs, costs.Positions, Settings.Machines.Of(result)) { KvBytesPerPosition = costs.Model.KvBytesPerPosition, ExposedKvShare = 1.0 / costs.Model.Layers };
            var setup = new SimulationSetup(
                cloud, DeviceMix.Parse(Settings.Devices.Of(result)!, model), Settings.Links.Of(result)!, new Objectives(Settings.ObjectiveSet.Of(result)))
            {
                Seed = Settings.SimulateSeed.Of(result), MaxTokens = Settings.SimulateMaxTokens.Of(result), Check = Settings.Check.Of(result),
            };
            return new SimulationPlan(
                trace, policies, setup, quality, QualityOf(quality, given is null), hardware.Name, model.Name, Settings.Load.Of(result), Settings.Search.Of(result),
                Settings.OutputMean.Of(result) is > 0 and var mean ? mean : null, Settings.Requests.Of(result), TimeSpan.FromSeconds(Settings.Spread.Of(result)), report, json);
        }
        catch (Exception exception) when (exception is FormatException or MemoryMisfitException)
        {
            throw new CliException(exception.Message);
        }
    }

    // Now, not after minutes of simulation.
    private static void Prepare(string report)
    {
        try
        {
            Directory.CreateDirectory(report);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{report} cannot be made a folder ({exception.GetType().Name}). Choose another one for --report.");
        }
    }

    private static QualityTable Measured() => QualityTable.Of(MeasuredQuality.BuiltIn() ?? throw new CliException("This build holds no measured quality. Give one with --quality."));

    private static string QualityOf(QualityTable quality, bool measured) =>
        string.Join(", ", quality.Points.ToArray().Select(point => FormattableString.Invariant($"keep {point.KeepRatio:0.##} loses at most {point.MostLoss:0.###}"))) 
        + (measured ? "; measured on the embedded model, taken over for this one" : "; given, not measured here");
}
