using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PdDevice.Core.Wire;
using PdDevice.Http.OpenAi.Requests;

namespace PdDevice.Http.OpenAi.Schemas;

/// <summary>
/// From a JSON schema to a grammar whose texts all fit it: an object's members in the schema's order and no others. What a
/// grammar cannot hold a model to is refused by name, never left out.
/// </summary>
internal sealed partial class SchemaGrammar
{
    /// <summary>Bound of minItems, maxItems, minLength and maxLength: llama.cpp writes repetitions out.</summary>
    private const int MostRepeats = 1000;

    /// <summary>Values of all enums.</summary>
    private const int MostValues = 1000;

    /// <summary>Schemas inside each other, whether written so or by references: each is a call here.</summary>
    private const int MostDepth = 48;

    /// <summary>Ways to begin: llama.cpp follows each of them when it looks for rules that begin with themselves.</summary>
    private const int MostBeginnings = 2000;

    private const int LongestName = 64;

    private static readonly string[] Annotations = ["title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "$defs", "definitions"];

    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonGrammar _grammar = new();
    private readonly Dictionary<string, string> _references = [];
    private readonly Dictionary<string, int> _beginnings = [];
    private readonly FieldValue _root;
    private int _values;
    private int _depth;

    private SchemaGrammar(FieldValue root) => _root = root;

    /// <exception cref="CompletionRefusedException">Not a schema, or one that cannot be held to.</exception>
    public static string From(FieldValue schema)
    {
        var made = new SchemaGrammar(schema);
        return made._grammar.Complete(made.Referred("#", schema));
    }

    /// <summary>A part of the schema that may be referred to has one rule, however often it is.</summary>
    private string Referred(string pointer, FieldValue schema)
    {
        if (_references.TryGetValue(pointer, out var known)) return known;
        var name = _references[pointer] = _grammar.Name();
        Define(name, Of(schema));
        return name;
    }

    private string Of(FieldValue schema)
    {
        if (_grammar.TooLarge || _depth == MostDepth) throw TooLarge();
        _depth++;
        var rule = Rules(schema);
        _depth--;
        return rule;
    }

    private string Rules(FieldValue schema)
    {
        if (schema.Json.ValueKind == JsonValueKind.True) return JsonGrammar.Value;
        if (schema.Json.ValueKind != JsonValueKind.Object) throw schema.Wrong("a schema: an object, or true");
        var left = schema.Json.EnumerateObject().Select(property => property.Name).Except(Annotations).ToHashSet();
        var rule = Take("$ref") is { } reference ? Reference(reference)
            : Take("const") is { } constant ? Options([constant], Take("type"), constant)
            : Take("enum") is { } options ? Options(options.Items(MostValues), Take("type"), options)
            : Take("anyOf") is { } any ? Choice(any.Items().Select(Of), any)
            : Take("type") is { } type ? Typed(type)
            : left.Count == 0 ? JsonGrammar.Value : throw Named(schema, left.First());
        return left.Count == 0 ? rule : throw Named(schema, left.First());

        FieldValue? Take(string name)
        {
            left.Remove(name);
            return schema.Json.TryGetProperty(name, out var value) ? At(schema, name, value) : null;
        }

        string Typed(FieldValue type) => type.Json.ValueKind == JsonValueKind.Array
            ? Choice(type.Items().Select(one => Single(one)), type)
            : Single(type);

        string Single(FieldValue type) => type.Text() switch
        {
            "object" => Members(Take("properties"), Take("required"), Take("additionalProperties")),
            "array" => Items(Take("items"), Count(Take("minItems")) ?? 0, Count(Take("maxItems"))),
            "string" => Text(Count(Take("minLength")) ?? 0, Count(Take("maxLength"))),
            "number" => JsonGrammar.Number,
            "integer" => JsonGrammar.Whole,
            "boolean" => "(\"true\" | \"false\")",
            "null" => "\"null\"",
            _ => throw type.Refuse("unsupported_value", "is none of JSON's types."),
        };
    }

    private string Members(FieldValue? properties, FieldValue? required, FieldValue? others)
    {
        if (others is { Json.ValueKind: not (JsonValueKind.True or JsonValueKind.False) } schema)
            throw schema.Refuse("unsupported_value", "is a schema, which is not supported here. Name the members under properties.");
        var must = required?.Items().Select(name => name.Text()).ToHashSet() ?? [];
        var members = properties is { } named
            ? named.Json.ValueKind == JsonValueKind.Object ? named.Json.EnumerateObject().Select(member => (member.Name, Value: At(named, member.Name, member.Value))).ToArray() : throw named.Wrong("an object")
            : [];
        if (must.Except(members.Select(member => member.Name)).Any()) throw required!.Value.Refuse("unsupported_value", "names a member that is not among the properties.");
        if (members.Length == 0 && others?.Json.ValueKind != JsonValueKind.False) return JsonGrammar.Object;

        // From the last member to the first: what may follow, where none was written yet and where one was.
        var (alone, after) = ("", "");
        foreach (var (name, value) in members.Reverse())
        {
            var member = $"{JsonGrammar.Literal(JsonSerializer.Serialize(name, AsWritten))} space \":\" space {Rule(Of(value))}";
            (alone, after) = must.Contains(name)
                ? (Rule($"{member} {after}"), Rule($"space \",\" space {member} {after}"))
                : (Rule(Or($"{member} {after}", alone)), Rule(Or($"space \",\" space {member} {after}", after)));
        }

        return $"\"{{\" space {alone} space \"}}\"";
    }

    private static string Or(string one, string other) => other.Length == 0 ? $"({one})?" : $"{one} | {other}";

    private string Items(FieldValue? items, int least, int? most)
    {
        var item = items is { } schema ? Rule(Of(schema)) : JsonGrammar.Value;
        if (most < least) throw _root.Refuse("unsupported_value", "has an array whose maxItems is below its minItems.");
        return $"\"[\" space {JsonGrammar.Repeated(item, least, most)} space \"]\"";
    }

    private string Text(int least, int? most)
    {
        if (most < least) throw _root.Refuse("unsupported_value", "has a text whose maxLength is below its minLength.");
        return least == 0 && most is null ? JsonGrammar.Text : $"\"\\\"\" char{{{least},{most}}} \"\\\"\"";
    }

    private string Reference(FieldValue reference)
    {
        var pointer = reference.Text();
        if (!pointer.StartsWith('#')) throw reference.Refuse("unsupported_value", "must point into this schema, as in #/$defs/NAME.");
        var at = _root;
        foreach (var step in pointer.Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            at = at.Json.ValueKind == JsonValueKind.Object && at.Json.TryGetProperty(step, out var next)
                ? At(at, step, next) : throw reference.Refuse("unsupported_value", "points to nothing.");
        }

        return Referred(pointer, at);
    }

    private string Options(IEnumerable<FieldValue> options, FieldValue? type, FieldValue where)
    {
        string[] types = type is { } one ? one.Json.ValueKind == JsonValueKind.Array ? [.. one.Items().Select(item => item.Text())] : [one.Text()] : [];
        return Choice(options.Where(option => types.Length == 0 || types.Any(name => Fits(option.Json, name))).Select(Literal), where);
    }

    private static bool Fits(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && Math.Floor(value.GetDouble()) == value.GetDouble()),
        JsonValueKind.Null => type == "null",
        _ => type == "boolean",
    };

    private string Literal(FieldValue value)
    {
        if (++_values > MostValues) throw _root.OutOfRange($"a schema of at most {MostValues} values in its enums");
        return JsonGrammar.Literal(JsonNode.Parse(value.Json.GetRawText())?.ToJsonString(AsWritten) ?? "null");
    }

    private static string Choice(IEnumerable<string> rules, FieldValue where)
    {
        var choice = string.Join(" | ", rules);
        return choice.Length > 0 ? $"({choice})" : throw where.Refuse("out_of_range", "must not be empty.");
    }

    private string Rule(string body)
    {
        if (body.Length == 0) return "";
        var name = _grammar.Name();
        Define(name, body);
        return name;
    }

    private void Define(string name, string body)
    {
        _beginnings[name] = Beginnings(body);
        if (_beginnings[name] > MostBeginnings) throw TooLarge();
        _grammar.Define(name, body);
    }

    /// <summary>
    /// At least as many rules as llama.cpp looks into from here when it looks for one that begins with itself: each is looked
    /// into anew, however often it was before, so that unions of unions take it for ever. One that is not defined yet closes
    /// a circle and ends the search.
    /// </summary>
    private int Beginnings(string body)
    {
        var sum = 1;
        foreach (var word in First().Matches(body).Select(match => match.Groups["rule"].Value))
            sum = Math.Min(MostBeginnings + 1, sum + _beginnings.GetValueOrDefault(word, 1));
        return sum;
    }

    private CompletionRefusedException TooLarge() => _root.Refuse("out_of_range", "is too large a schema, or too deep. Simplify it.");

    private static int? Count(FieldValue? value) => value?.Whole(0, MostRepeats);

    private static FieldValue At(FieldValue parent, string name, JsonElement value) => new($"{parent.Path}.{AssistRules.Printable(name, LongestName)}", value);

    private static CompletionRefusedException Named(FieldValue schema, string keyword) =>
        new FieldValue($"{schema.Path}.{AssistRules.Printable(keyword, LongestName)}", default).Refuse("unsupported_value", "is not supported here beside what else the schema says. Leave it out.");

    // Nothing that is made here can be empty before a rule that stands elsewhere.
    [GeneratedRegex(@"(^|\(|\| )(?<rule>r[0-9]+)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex First();
}
