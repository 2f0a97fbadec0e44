using System.Text.Json;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>What is done with a field.</summary>
internal enum FieldSupport
{
    Supported,

    /// <summary>Accepted where its type is right; it changes nothing.</summary>
    Unused,

    /// <summary>Refused by name, unless it says what is so anyway.</summary>
    Refused,
}

/// <summary>One field of a request: what the parser takes and what docs/openai.md says of it, in one place.</summary>
/// <typeparam name="T">What it is read into.</typeparam>
/// <param name="Name">As in the JSON.</param>
/// <param name="Support">What is done with it.</param>
/// <param name="Values">Type and range.</param>
/// <param name="Default">When it is not sent, or null.</param>
/// <param name="Meaning">For the page.</param>
/// <param name="Read">Takes its value, never null, or refuses it.</param>
internal sealed record RequestField<T>(string Name, FieldSupport Support, string Values, string Default, string Meaning, Action<T, FieldValue> Read)
{
    public static RequestField<T> Whole(string name, int least, int most, string fallback, string meaning, Action<T, int> set) =>
        new(name, FieldSupport.Supported, $"whole number, {FieldValue.Range(least, most)}", fallback, meaning, (draft, value) => set(draft, value.Whole(least, most)));

    public static RequestField<T> Number(string name, double least, double most, string fallback, string meaning, Action<T, double> set, bool aboveLeast = false) =>
        new(name, FieldSupport.Supported, $"number, {FieldValue.Range(least, most, aboveLeast)}", fallback, meaning, (draft, value) => set(draft, value.Number(least, most, aboveLeast)));

    public static RequestField<T> Switch(string name, string meaning, Action<T, bool> set) =>
        new(name, FieldSupport.Supported, "true or false", "false", meaning, (draft, value) => set(draft, value.Switch()));

    public static RequestField<T> Other(string name, string values, string fallback, string meaning, Action<T, FieldValue> read) =>
        new(name, FieldSupport.Supported, values, fallback, meaning, read);

    public static RequestField<T> Unused(string name, string meaning) =>
        new(name, FieldSupport.Unused, "text", "", meaning, (_, value) => value.Text());

    /// <param name="name">As in the JSON.</param>
    /// <param name="harmless">Values, as JSON, that ask for nothing.</param>
    public static RequestField<T> Refused(string name, params string[] harmless)
    {
        var accepted = Array.ConvertAll(harmless, json => JsonElement.Parse(json));
        var values = string.Join(" or ", ["null", .. harmless.Select(json => $"`{json}`")]);
        return new(name, FieldSupport.Refused, values, "", "", (_, value) =>
        {
            if (Array.TrueForAll(accepted, json => !JsonElement.DeepEquals(json, value.Json)))
                throw value.Refuse("unsupported_field", "is not supported here. Leave it out.");
        });
    }
}
