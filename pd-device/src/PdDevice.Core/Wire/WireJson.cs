using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Core.Wire;

/// <summary>
/// The wire's JSON: camelCase, enums by lower-case name. What comes in must be the contract: unknown fields, missing ones
/// that have no default, and nulls where the contract has none are refused.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    Converters = [typeof(WireEnumConverter)],
    NumberHandling = JsonNumberHandling.Strict,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AssistRequest))]
[JsonSerializable(typeof(AssistIdentity))]
[JsonSerializable(typeof(AssistAdmitted))]
[JsonSerializable(typeof(AssistToken))]
[JsonSerializable(typeof(AssistRefined))]
[JsonSerializable(typeof(AssistEnd))]
[JsonSerializable(typeof(WireErrorBody))]
public sealed partial class WireJson : JsonSerializerContext;

/// <summary>Enums by their camelCase name, never by number.</summary>
public sealed class WireEnumConverter() : JsonStringEnumConverter<AssistEndReason>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
