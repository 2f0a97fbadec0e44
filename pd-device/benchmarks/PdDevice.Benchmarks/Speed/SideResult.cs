using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Benchmarks.Speed;

/// <summary>One repeat of a cell.</summary>
/// <param name="TimesMs">For each stream, when each of its tokens came, ms since all were asked.</param>
/// <param name="Tokens">For each stream, its tokens.</param>
public sealed record CellRun(double[][] TimesMs, int[][] Tokens)
{
    /// <summary>Prompt tokens a second until the first token, of one stream.</summary>
    public double PrefillRate(int promptTokens) => promptTokens / TimesMs[0][0] * 1000;

    /// <summary>
    /// Tokens a second of all streams together while all of them decode: from the moment the last of them has its first
    /// token until each has made as many more as the one with the fewest left. What came before and after is not counted.
    /// </summary>
    /// <exception cref="InvalidOperationException">A stream had ended before the last one began.</exception>
    public double DecodeRate()
    {
        var start = TimesMs.Max(times => times[0]);
        var from = TimesMs.Select(times => times.Count(time => time <= start)).ToArray();
        var count = TimesMs.Zip(from, (times, at) => times.Length - at).Min();
        if (count == 0) throw new InvalidOperationException("The streams did not decode side by side: something else keeps the machine busy.");
        var end = TimesMs.Zip(from, (times, at) => times[at + count - 1]).Max();
        return count * TimesMs.Length / (end - start) * 1000;
    }
}

/// <summary>What a side did in one cell.</summary>
public sealed record CellRuns(string Name, IReadOnlyList<CellRun> Repeats);

/// <summary>What a side's process writes.</summary>
/// <param name="Version">What it is, for the reader.</param>
/// <param name="Libraries">Native libraries of llama.cpp in the process, full paths; empty where that cannot be told.</param>
/// <param name="Cells">The cells it can do.</param>
public sealed record SideResult(string Version, IReadOnlyList<string> Libraries, IReadOnlyList<CellRuns> Cells);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SpeedPlan))]
[JsonSerializable(typeof(SideResult))]
public sealed partial class SideJson : JsonSerializerContext;
