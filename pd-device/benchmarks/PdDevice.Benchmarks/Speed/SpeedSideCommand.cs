using System.CommandLine;
using System.Text.Json;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Speed;

/// <summary>One side in a process of its own: reads a plan, writes what it took. <c>speed</c> starts it.</summary>
internal static class SpeedSideCommand
{
    public const string Name = "speed-side";
    public const string Cloud = "cloud";
    public const string Bare = "bare";
    public const string Device = "device";

    private static readonly Argument<string> Side = new("side") { Description = $"{Cloud}, {Bare} or {Device}." };
    private static readonly Argument<string> Plan = new("plan") { Description = "The plan's file." };
    private static readonly Argument<string> Out = new("out") { Description = "The file to write." };

    public static Command Create()
    {
        var command = new Command(Name, "One side of `speed`, which starts it.") { Side, Plan, Out };
        command.Hidden = true;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var plan = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(result.GetValue(Plan)!, cancellationToken), SideJson.Default.SpeedPlan)!;
        var name = result.GetValue(Side)!;
        var cells = new List<CellRuns>();
        foreach (var group in plan.Cells.Where(cell => name != Device || cell.Streams == 1).GroupBy(cell => cell.Streams))
        {
            await using var side = await OpenAsync(name, plan, group.Key, TimeProvider.System);
            foreach (var cell in group) cells.Add(new CellRuns(cell.Name, await MeasureAsync(side, plan, cell)));
        }

        var answer = new SideResult($"P/D-Device ({name}), .NET {Environment.Version}", LlamaBuild.Loaded(), cells);
        await File.WriteAllBytesAsync(result.GetValue(Out)!, JsonSerializer.SerializeToUtf8Bytes(answer, SideJson.Default.SideResult), cancellationToken);
        return 0;
    }

    public static LlamaEngineOptions Engine(this SpeedPlan plan, int streams) => new()
    {
        Model = plan.Model,
        Threads = plan.Threads,
        ContextTokens = plan.ContextTokens,
        Sequences = streams,
        MaxBatchTokens = plan.BatchTokens,
    };

    private static async Task<ISpeedSide> OpenAsync(string name, SpeedPlan plan, int streams, TimeProvider time) => name switch
    {
        Bare => new BareSide(plan, streams, time),
        Cloud => await CloudSide.OpenAsync(plan, streams, time),
        Device => await DeviceSide.OpenAsync(plan, streams, time),
        _ => throw new ArgumentException($"There is no side '{name}'.", nameof(name)),
    };

    private static async Task<IReadOnlyList<CellRun>> MeasureAsync(ISpeedSide side, SpeedPlan plan, SpeedCell cell)
    {
        for (var i = 0; i < cell.Repeats; i++) await side.AskAsync(Prompts(cell.WarmUpPrompt), cell.WarmUpTokens);
        var runs = new List<CellRun>();
        for (var i = 0; i < cell.Repeats; i++) runs.Add(await side.AskAsync(Prompts(cell.PromptTokens), cell.DecodeTokens));
        return runs;

        int[][] Prompts(int tokens) => [.. plan.Prompts.Take(cell.Streams).Select(prompt => prompt[..tokens])];
    }
}
