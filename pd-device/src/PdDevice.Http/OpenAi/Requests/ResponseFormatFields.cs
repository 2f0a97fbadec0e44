using PdDevice.Http.OpenAi.Schemas;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>The fields of <c>response_format</c>.</summary>
internal static class ResponseFormatFields
{
    public static RequestField<FormatDraft>[] Format { get; } =
    [
        RequestField<FormatDraft>.Other("type", "`text`, `json_object`, `json_schema`", "required", "What the answer is: anything, any JSON object, or JSON that fits the schema. Cut off by its limit (`finish_reason` is `length`), the JSON is not whole.", (draft, value) => draft.Type = Type(value)),
        RequestField<FormatDraft>.Other("json_schema", "object", "none", "Required with `json_schema`, and only then.", (draft, value) => draft.Schema = Schemas!.Read(value, new SchemaDraft())),
    ];

    public static RequestField<SchemaDraft>[] Schema { get; } =
    [
        RequestField<SchemaDraft>.Other("name", "text", "none", "For people.", (_, value) => value.Text()),
        RequestField<SchemaDraft>.Other("description", "text", "none", "For people.", (_, value) => value.Text()),
        RequestField<SchemaDraft>.Other("strict", "true or false", "false", "Changes nothing: the schema is always held to.", (_, value) => value.Switch()),
        RequestField<SchemaDraft>.Other("schema", "a JSON schema", "required", "`type`, `properties`, `required`, `additionalProperties` (true or false; others are not made either way), `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, `enum`, `const`, `anyOf`, `$ref` into `$defs`. Any other keyword that says something is refused by name. Members come in the schema's order.", (draft, value) => draft.Grammar = SchemaGrammar.From(value)),
    ];

    private static readonly RequestTable<FormatDraft> Formats = new(Format);

    private static RequestTable<SchemaDraft> Schemas { get; } = new(Schema);

    /// <summary>The grammar of the answer; null: anything.</summary>
    public static string? Read(FieldValue value)
    {
        var format = Formats.Read(value, new FormatDraft());
        if (format.Schema is not null && format.Type != "json_schema") throw value.Refuse("invalid_combination", "has a json_schema, which goes with the type json_schema only.");
        return format.Type switch
        {
            "json_object" => JsonGrammar.AnyObject,
            "json_schema" => format.Schema?.Grammar ?? throw value.Refuse("missing_field", "needs json_schema.schema."),
            "text" => null,
            _ => throw value.Refuse("missing_field", "needs a type."),
        };
    }

    private static string Type(FieldValue value) => value.Text() is ("text" or "json_object" or "json_schema") and var type
        ? type : throw value.Refuse("unsupported_value", "must be text, json_object or json_schema.");
}

/// <summary>The object <c>response_format</c>.</summary>
internal sealed class FormatDraft
{
    public string? Type { get; set; }

    public SchemaDraft? Schema { get; set; }
}

/// <summary>Its <c>json_schema</c>.</summary>
internal sealed class SchemaDraft
{
    public string? Grammar { get; set; }
}
