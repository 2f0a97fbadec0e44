using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Simulation.Reports;

/// <summary>What a run was, and what came of it. Nothing of the machine or the hour is in it: the same command makes the same bytes.</summary>
public sealed record SimulationReport
{
    /// <summary>The command line; null where files that two commands make are to be equal.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Command { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Versions { get; init; }

    /// <summary>The trace's file name.</summary>
    public required string Trace { get; init; }

    public required long Requests { get; init; }

    /// <summary>Lines without prompt or answer, skipped.</summary>
    public long SkippedLines { get; init; }

    /// <summary>Lines a little out of order.</summary>
    public long OutOfOrderLines { get; init; }

    /// <summary>What of the trace was not measured; empty: nothing.</summary>
    public required IReadOnlyList<string> Synthetic { get; init; }

    public required double MeanPrompt { get; init; }

    public required double MeanOutput { get; init; }

    public required ulong Seed { get; init; }

    public required string Cloud { get; init; }

    public required int Machines { get; init; }

    public required string Model { get; init; }

    public required string Devices { get; init; }

    public required IReadOnlyList<string> Links { get; init; }

    public required string Objectives { get; init; }

    /// <summary>Keep ratios offered, and where their losses come from.</summary>
    public required string Quality { get; init; }

    public required string EnergySource { get; init; }

    /// <summary>Whether the run was broken off.</summary>
    public bool Partial { get; init; }

    public required IReadOnlyList<PolicyResult> Policies { get; init; }

    /// <summary>With a search: each policy at the highest load at which it keeps to the objectives.</summary>
    public IReadOnlyList<PolicyResult> Best { get; init; } = [];

    /// <summary>With a search: goodput at every load that was tried with the best settings.</summary>
    public IReadOnlyList<LoadPoint> Loads { get; init; } = [];

    /// <summary>P/D-Device held to one keep ratio at a time: what it costs the cloud, and what it may lose.</summary>
    public IReadOnlyList<ParetoPoint> Pareto { get; init; } = [];
}

/// <summary>P/D-Device at one keep ratio; its losses are those of <see cref="SimulationReport.Quality"/>, not measured by the run.</summary>
public sealed record ParetoPoint(double Keep, double MeanLoss, double MostLoss, double SlotSecondsPerAnswer, double CloudTokensPerAnswer);

/// <summary>One policy at one load.</summary>
public sealed record LoadPoint(string Policy, double Load, double RequestsPerSecond, double Goodput, double MetShare);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(SimulationReport))]
public sealed partial class ReportJson : JsonSerializerContext;
