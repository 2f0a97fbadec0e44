using System.Text.Json;
using MathNet.Numerics.Statistics;
using PdDevice.Cli;

namespace PdDevice.Benchmarks.Speed;

/// <summary>Starts the sides in turn, each in a process of its own and never two at once, and puts their figures side by side.</summary>
internal sealed class SpeedRunner(IReadOnlyList<string> sides, Action<string> progress) : IDisposable
{
    private static readonly (string Ours, string Theirs)[] Compared =
    [
        (SpeedSideCommand.Cloud, NodePeer.Name), (SpeedSideCommand.Cloud, SpeedSideCommand.Bare), (SpeedSideCommand.Device, SpeedSideCommand.Bare),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-speed-").FullName;

    /// <summary>What each side said it is; known after a model was measured.</summary>
    public Dictionary<string, string> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>The native libraries every side ran.</summary>
    public string? Build { get; private set; }

    /// <summary>Runs the plan once, uncounted, to see how long its cells take, and repeats the short ones.</summary>
    public async Task<SpeedPlan> CalibratedAsync(SpeedPlan plan, CancellationToken cancellationToken)
    {
        progress("one uncounted run ...");
        var once = await RunAsync(SpeedSideCommand.Bare, plan, cancellationToken);
        return plan.Repeated(once.Cells.ToDictionary(cell => cell.Name, cell => cell.Repeats[0].TimesMs.Max(times => times[^1]) / 1000));
    }

    public async Task<IReadOnlyList<SpeedFigure>> MeasureAsync(SpeedPlan plan, int runs, CancellationToken cancellationToken)
    {
        var results = sides.ToDictionary(side => side, _ => new List<SideResult>());
        for (var run = 0; run < runs; run++)
        {
            // Another side begins each time, so that none always comes after the same neighbour.
            for (var turn = 0; turn < sides.Count; turn++)
            {
                var side = sides[(run + turn) % sides.Count];
                progress($"run {run + 1} of {runs}: {side} ...");
                results[side].Add(await RunAsync(side, plan, cancellationToken));
            }
        }

        return [.. plan.Cells.Select(cell => Figure(cell, results))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static SpeedFigure Figure(SpeedCell cell, Dictionary<string, List<SideResult>> results)
    {
        var runs = results
            .Where(side => side.Value[0].Cells.Any(c => c.Name == cell.Name))
            .ToDictionary(side => side.Key, side => side.Value.ConvertAll(result => result.Cells.Single(c => c.Name == cell.Name).Repeats));
        var rates = runs.ToDictionary(side => side.Key, IReadOnlyList<double> (side) => [.. side.Value.Select(repeats => Math.Round(repeats.Select(Rate).Median(), 1))]);
        var reference = runs[SpeedSideCommand.Bare][0][0].Tokens.SelectMany(tokens => tokens).ToArray();
        return new SpeedFigure(
            cell, rates,
            runs.ToDictionary(side => side.Key, side => side.Value[0][0].Tokens.SelectMany(tokens => tokens).Zip(reference, (a, b) => a == b ? 1.0 : 0).Average()),
            [.. Compared.Where(pair => rates.ContainsKey(pair.Ours) && rates.ContainsKey(pair.Theirs))
                .Select(pair => SpeedComparison.Of(pair.Ours, pair.Theirs, rates[pair.Ours], rates[pair.Theirs]))]);

        double Rate(CellRun run) => cell.IsPrefill ? run.PrefillRate(cell.PromptTokens) : run.DecodeRate();
    }

    private async Task<SideResult> RunAsync(string side, SpeedPlan plan, CancellationToken cancellationToken)
    {
        var (planFile, output) = (Path.Combine(_folder, "plan.json"), Path.Combine(_folder, "out.json"));
        await File.WriteAllBytesAsync(planFile, JsonSerializer.SerializeToUtf8Bytes(plan, SideJson.Default.SpeedPlan), cancellationToken);
        File.Delete(output);
        if (side == NodePeer.Name)
            await NodePeer.MeasureAsync(planFile, output, cancellationToken);
        else
            await ChildProcess.RunAsync(Environment.ProcessPath!, [.. Self(), SpeedSideCommand.Name, side, planFile, output], _folder, cancellationToken);
        var result = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(output, cancellationToken), SideJson.Default.SideResult)!;
        Versions[side] = result.Version;
        var build = LlamaBuild.Describe(result.Libraries);
        Build ??= build;
        if (build != Build)
            throw new CliException($"{side} runs another build of llama.cpp than the side before it, so their figures cannot be compared. Give pd-device/native and benchmarks/peers the same version. It has: {build.ReplaceLineEndings(", ")}; the other: {Build.ReplaceLineEndings(", ")}");
        return result;
    }

    // Under `dotnet PdDevice.Benchmarks.dll` the process is dotnet; as an apphost it is this program itself.
    private static string[] Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [typeof(SpeedRunner).Assembly.Location] : [];
}
