using System.Text.Json;

namespace PdDevice.Tests.Http.OpenAi.Schemas;

/// <summary>Whether a value fits a schema, written apart from the grammar: by what JSON Schema says of these keywords.</summary>
internal static class SchemaCheck
{
    public static bool Fits(JsonElement value, JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind == JsonValueKind.True) return true;
        if (schema.TryGetProperty("$ref", out var reference)) return Fits(value, At(root, reference.GetString()!), root);
        if (schema.TryGetProperty("const", out var constant) && !JsonElement.DeepEquals(constant, value)) return false;
        if (schema.TryGetProperty("enum", out var options) && !options.EnumerateArray().Any(option => JsonElement.DeepEquals(option, value))) return false;
        if (schema.TryGetProperty("anyOf", out var any) && !any.EnumerateArray().Any(one => Fits(value, one, root))) return false;
        if (schema.TryGetProperty("type", out var type))
        {
            var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()) : [type.GetString()];
            if (!types.Contains(TypeOf(value)) && !(types.Contains("number") && TypeOf(value) == "integer")) return false;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object => Members(value, schema, root),
            JsonValueKind.Array => Between(value.GetArrayLength(), schema, "minItems", "maxItems")
                && (!schema.TryGetProperty("items", out var items) || value.EnumerateArray().All(item => Fits(item, items, root))),
            JsonValueKind.String => Between(value.GetString()!.EnumerateRunes().Count(), schema, "minLength", "maxLength"),
            _ => true,
        };
    }

    private static bool Members(JsonElement value, JsonElement schema, JsonElement root)
    {
        var known = schema.TryGetProperty("properties", out var properties);
        if (schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(name => !value.TryGetProperty(name.GetString()!, out _))) return false;
        return value.EnumerateObject().All(member =>
            known && properties.TryGetProperty(member.Name, out var its) ? Fits(member.Value, its, root)
            : !schema.TryGetProperty("additionalProperties", out var others) || others.ValueKind != JsonValueKind.False);
    }

    private static bool Between(int count, JsonElement schema, string least, string most) =>
        (!schema.TryGetProperty(least, out var min) || count >= min.GetInt32()) && (!schema.TryGetProperty(most, out var max) || count <= max.GetInt32());

    private static JsonElement At(JsonElement root, string pointer) =>
        pointer.Split('/').Skip(1).Aggregate(root, (at, step) => at.GetProperty(step));

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText().AsSpan().IndexOfAny(".eE") < 0 ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
