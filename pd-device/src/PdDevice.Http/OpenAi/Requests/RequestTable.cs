using System.Collections.Frozen;
using System.Text.Json;
using PdDevice.Core.Wire;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>All the fields an object may have. One that is not among them is refused by name.</summary>
internal sealed class RequestTable<T>(params RequestField<T>[] fields)
{
    private const int LongestName = 64;

    private readonly FrozenDictionary<string, RequestField<T>> _fields = fields.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);

    /// <summary>Reads an object into a draft; null counts as not sent.</summary>
    /// <exception cref="CompletionRefusedException">Not an object, or a field is refused.</exception>
    public T Read(FieldValue value, T draft)
    {
        if (value.Json.ValueKind != JsonValueKind.Object) throw value.Wrong("an object");
        foreach (var property in value.Json.EnumerateObject())
        {
            var known = _fields.TryGetValue(property.Name, out var field);
            var name = known ? field!.Name : AssistRules.Printable(property.Name, LongestName);
            var at = new FieldValue(value.Path.Length == 0 ? name : $"{value.Path}.{name}", property.Value);
            if (!known) throw at.Refuse("unknown_field", "is not a field of this call.");
            if (property.Value.ValueKind != JsonValueKind.Null) field!.Read(draft, at);
        }

        return draft;
    }
}
