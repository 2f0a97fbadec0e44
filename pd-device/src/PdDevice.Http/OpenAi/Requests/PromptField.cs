using System.Text.Json;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>The many forms of a completion's <c>prompt</c>.</summary>
internal static class PromptField
{
    public static void Read(RequestDraft draft, FieldValue value)
    {
        if (value.Json.ValueKind == JsonValueKind.String)
        {
            draft.PromptText = value.Text();
            return;
        }

        if (value.Json.ValueKind != JsonValueKind.Array) throw value.Wrong("text or an array");
        var kind = value.Json.GetArrayLength() == 0 ? JsonValueKind.Number : value.Json[0].ValueKind;
        if (kind is not (JsonValueKind.String or JsonValueKind.Array)) draft.PromptTokens = [.. value.Items().Select(Id)];
        else if (value.Json.GetArrayLength() > 1) throw value.Refuse("unsupported_value", "holds more than one prompt. Send a request for each.");
        else if (kind == JsonValueKind.String) draft.PromptText = value.Items().First().Text();
        else draft.PromptTokens = [.. value.Items().First().Items().Select(Id)];
    }

    private static int Id(FieldValue value) => value.Whole(0, int.MaxValue);
}
