using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>A value of a request's body and where it stands, read as what a field wants or refused by the field's name. No refusal quotes the value.</summary>
/// <param name="Path">As in <c>messages[0].content</c>; empty for the body itself.</param>
/// <param name="Json">The value, not null.</param>
internal readonly record struct FieldValue(string Path, JsonElement Json)
{
    public const string SeedRange = "-2^63 to 2^64 - 1";

    public string Text() => Json.ValueKind == JsonValueKind.String ? Json.GetString()! : throw Wrong("text");

    public bool Switch() => Json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public double Number(double least, double most, bool aboveLeast = false)
    {
        if (Json.ValueKind != JsonValueKind.Number) throw Wrong("a number");
        var number = Json.GetDouble(); // too large for a double is infinity
        return (aboveLeast ? number > least : number >= least) && number <= most ? number : throw OutOfRange(Range(least, most, aboveLeast));
    }

    /// <summary>A whole number however it is written: 5, 5.0 or 5e0.</summary>
    public int Whole(int least, int most)
    {
        if (Json.ValueKind != JsonValueKind.Number || Json.GetDouble() is var number && number != Math.Floor(number)) throw Wrong("a whole number");
        return number >= least && number <= most ? (int)number : throw OutOfRange(Range(least, most));
    }

    public ulong Seed() => Json.ValueKind != JsonValueKind.Number ? throw Wrong("a whole number")
        : Json.TryGetUInt64(out var seed) ? seed
        : Json.TryGetInt64(out var negative) ? unchecked((ulong)negative)
        : throw OutOfRange(SeedRange);

    public IEnumerable<FieldValue> Items(int most = int.MaxValue)
    {
        if (Json.ValueKind != JsonValueKind.Array) throw Wrong("an array");
        if (Json.GetArrayLength() > most) throw OutOfRange($"at most {most} items");
        var path = Path;
        return Json.EnumerateArray().Select((item, i) => new FieldValue($"{path}[{i}]", item));
    }

    public static string Range(double least, double most, bool aboveLeast = false) => $"{(aboveLeast ? "above " : "")}{least} to {most}";

    public CompletionRefusedException Wrong(string wanted) => Refuse("invalid_type", $"must be {wanted}.");

    public CompletionRefusedException OutOfRange(string range) => Refuse("out_of_range", $"must be {range}.");

    public CompletionRefusedException Refuse(string code, string problem) =>
        new(StatusCodes.Status400BadRequest, code, $"{(Path.Length == 0 ? "The body" : $"'{Path}'")} {problem}", parameter: Path.Length == 0 ? null : Path);
}
