using System.Text.Json;
using System.Text.Json.Serialization;

namespace PdDevice.Core.Wire;

/// <summary>The wire's JSON: camelCase, enums by lower-case name, unknown fields refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.Strict,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AssistRequest))]
[JsonSerializable(typeof(AssistIdentity))]
[JsonSerializable(typeof(AssistAdmitted))]
[JsonSerializable(typeof(AssistToken))]
[JsonSerializable(typeof(AssistEnd))]
[JsonSerializable(typeof(WireErrorBody))]
public sealed partial class WireJson : JsonSerializerContext;
