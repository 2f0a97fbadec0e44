using System.Text.Json;
using System.Text.Json.Serialization;
using PdDevice.Core.Ledger;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;

namespace PdDevice.Device.Http;

/// <summary>How an answer is made.</summary>
public enum AnswerWay
{
    DeviceOnly,
    CloudOnly,
    PdDevice,
}

/// <summary>Body of <c>POST /v1/answers</c>, the device's own endpoint.</summary>
/// <param name="Prompt">The user's message; the model's chat template is applied.</param>
/// <param name="Way">Default: pdDevice.</param>
/// <param name="MaxTokens">Default 512, at least 1.</param>
/// <param name="Sampling">Default: greedy.</param>
/// <param name="Cold">Whether to forget the conversations held, as a measurement of a first turn wants it. Default false.</param>
/// <param name="KeepRatio">Share of the prompt that a refined one keeps, above 0, at most 1, where 1 asks for none; null (default): as the device is set.</param>
/// <param name="Task">What is asked, by a task's name of the device's measurement, whose smallest ratio borne is then kept; null (default): not said.</param>
public sealed record AnswerBody(string Prompt, AnswerWay Way = AnswerWay.PdDevice, int MaxTokens = 512, SamplingOptions? Sampling = null, bool Cold = false, double? KeepRatio = null, string? Task = null);

/// <summary>What the device is, for <c>GET /v1/device</c>.</summary>
/// <param name="Model">Its model.</param>
/// <param name="PrefillTokensPerSecond">p.</param>
/// <param name="DecodeTokensPerSecond">d.</param>
/// <param name="ChunkTokens">Prefill chunk.</param>
/// <param name="Emulated">What of it is emulated, a line each; empty when all is real.</param>
/// <param name="LateSteps">Engine calls of an emulated device that the real engine was too slow for; 0 when not emulated.</param>
/// <param name="Steps">Engine calls of an emulated device.</param>
public sealed record DeviceInfo(
    ModelIdentity Model, double PrefillTokensPerSecond, double DecodeTokensPerSecond, int ChunkTokens,
    IReadOnlyList<string> Emulated, int LateSteps, int Steps);

/// <summary>Event <c>progress</c>: how far the device's prefill is while nothing is shown yet.</summary>
public sealed record ProgressEvent(int Ingested, int Total);

/// <summary>Event <c>token</c>: a token as it is shown.</summary>
public sealed record TokenEvent(int Index, int Id, TokenSource Source, string Text, double AtMs);

/// <summary>Event <c>end</c>, the last one of an answer that ended well.</summary>
public sealed record EndEvent(
    FinishReason Finish, int PromptTokens, int CloudTokens, int DeviceTokens, int CloudTokensUnused, int? HandoverIndex,
    long BytesLeft, double? OccupancyMs, int Assists, bool Compatible, string? Plan, string? CloudTrouble, IReadOnlyList<FailurePlace> Failures, RefinedPrompt? Refined = null)
{
    public static EndEvent From(AnswerUsage usage) => new(
        usage.Finish, usage.PromptTokens, usage.CloudTokens, usage.DeviceTokens, usage.CloudTokensUnused, usage.HandoverIndex,
        usage.BytesLeft, usage.OccupancyMs, usage.Assists, usage.Compatible, usage.Plan?.Reason, usage.CloudTrouble, usage.Failures, usage.Refined);
}

/// <summary>The device's JSON, as the wire's.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    Converters = [typeof(AnswerWayConverter), typeof(TokenSourceConverter), typeof(FinishReasonConverter), typeof(FailurePlaceConverter)],
    NumberHandling = JsonNumberHandling.Strict,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AnswerBody))]
[JsonSerializable(typeof(DeviceInfo))]
[JsonSerializable(typeof(ProgressEvent))]
[JsonSerializable(typeof(TokenEvent))]
[JsonSerializable(typeof(EndEvent))]
[JsonSerializable(typeof(WireErrorBody))]
public sealed partial class DeviceJson : JsonSerializerContext;

internal sealed class AnswerWayConverter() : JsonStringEnumConverter<AnswerWay>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class TokenSourceConverter() : JsonStringEnumConverter<TokenSource>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class FinishReasonConverter() : JsonStringEnumConverter<FinishReason>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class FailurePlaceConverter() : JsonStringEnumConverter<FailurePlace>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
