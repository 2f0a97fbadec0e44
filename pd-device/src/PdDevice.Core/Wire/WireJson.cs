using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PdDevice.Core.Wire;

/// <summary>
/// The wire's JSON: camelCase, enums by lower-case name. What comes in must be the contract: unknown fields, missing ones
/// that have no default, and nulls where the contract has none are refused.
/// </summary>
/// <remarks>By reflection: generated code would give a field that is not sent 0 or null instead of its stated default.</remarks>
public sealed class WireJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private WireJson()
    {
    }

    public static WireJson Default { get; } = new();

    public JsonTypeInfo<AssistRequest> AssistRequest { get; } = Of<AssistRequest>();

    public JsonTypeInfo<AssistIdentity> AssistIdentity { get; } = Of<AssistIdentity>();

    public JsonTypeInfo<AssistAdmitted> AssistAdmitted { get; } = Of<AssistAdmitted>();

    public JsonTypeInfo<AssistToken> AssistToken { get; } = Of<AssistToken>();

    public JsonTypeInfo<AssistEnd> AssistEnd { get; } = Of<AssistEnd>();

    public JsonTypeInfo<WireErrorBody> WireErrorBody { get; } = Of<WireErrorBody>();

    private static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
