using System.Text.Json;
using System.Text.Json.Serialization;
using PdDevice.Core.Ledger;
using PdDevice.Device.Http;

namespace PdDevice.Cli.Demo;

/// <summary>One way's figures. Times in ms as tokens were released by the device.</summary>
public sealed record WayResult(
    string Way, double TtftMs, double TpotMeanMs, double ItlMaxMs, double TotalMs, double? OccupancyMs, int CloudTokens, int DeviceTokens,
    int CloudTokensUnused, long BytesLeft, int? HandoverIndex, string Text)
{
    /// <summary>From the tokens as they were shown, at least one.</summary>
    public static WayResult From(string way, IReadOnlyList<TokenEvent> tokens, EndEvent end)
    {
        var gaps = tokens.Zip(tokens.Skip(1), (a, b) => b.AtMs - a.AtMs).DefaultIfEmpty(0).ToArray();
        return new WayResult(
            way, tokens[0].AtMs, gaps.Average(), gaps.Max(), tokens[^1].AtMs, end.OccupancyMs,
            tokens.Count(t => t.Source == TokenSource.Cloud), tokens.Count(t => t.Source == TokenSource.Device),
            end.CloudTokensUnused, end.BytesLeft, end.HandoverIndex, string.Concat(tokens.Select(t => t.Text)));
    }
}

/// <summary>What of a run is emulated.</summary>
/// <param name="Device">The device's speed.</param>
/// <param name="Link">The network.</param>
/// <param name="Steps">Engine calls of the device.</param>
/// <param name="LateSteps">Those the real engine was too slow for.</param>
/// <param name="Valid">False when more than 1% were late.</param>
public sealed record DemoEmulation(string Device, string Link, int Steps, int LateSteps, bool Valid);

/// <summary>The prompt of a run.</summary>
public sealed record DemoPrompt(int Tokens);

/// <summary>What <c>pdd demo --json</c> writes.</summary>
public sealed record DemoResult(string Machine, string Model, DemoEmulation Emulated, DemoPrompt Prompt, string Note, IReadOnlyList<WayResult> Ways);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(DemoResult))]
public sealed partial class DemoJson : JsonSerializerContext;
