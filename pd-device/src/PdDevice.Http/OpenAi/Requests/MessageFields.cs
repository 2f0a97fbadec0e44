using System.Text.Json;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>The fields of a message and of the parts its content may have.</summary>
internal static class MessageFields
{
    public static RequestField<MessageDraft>[] Message { get; } =
    [
        RequestField<MessageDraft>.Other("role", "`system`, `user`, `assistant`, `developer`", "required", "Who speaks. `developer` is the same as `system`.", (draft, value) => draft.Role = Role(value)),
        RequestField<MessageDraft>.Other("content", "text, or an array of text parts", "required", "What is said; never read as special tokens. Parts are joined by line breaks.", (draft, value) => draft.Content = Content(value)),
        RequestField<MessageDraft>.Refused("name"),
        RequestField<MessageDraft>.Refused("refusal"),
        RequestField<MessageDraft>.Refused("audio"),
        RequestField<MessageDraft>.Refused("tool_calls", "[]"),
        RequestField<MessageDraft>.Refused("tool_call_id"),
        RequestField<MessageDraft>.Refused("function_call"),
        RequestField<MessageDraft>.Refused("annotations", "[]"),
    ];

    public static RequestField<MessageDraft>[] Part { get; } =
    [
        RequestField<MessageDraft>.Other("type", "`text`", "required", "Images, audio and files are refused.", (_, value) => RequireText(value)),
        RequestField<MessageDraft>.Other("text", "text", "required", "What is said.", (draft, value) => draft.Content = value.Text()),
    ];

    private static readonly RequestTable<MessageDraft> Messages = new(Message);

    private static readonly RequestTable<MessageDraft> Parts = new(Part);

    public static List<ChatMessage> Read(FieldValue messages) => [.. messages.Items().Select(One)];

    private static ChatMessage One(FieldValue value)
    {
        var message = Messages.Read(value, new MessageDraft());
        return new ChatMessage(message.Role ?? throw Missing(value, "role"), message.Content ?? throw Missing(value, "content"));
    }

    private static string Role(FieldValue value) => value.Text() switch
    {
        "developer" => "system",
        var role and ("system" or "user" or "assistant") => role,
        "tool" or "function" => throw value.Refuse("unsupported_value", "names a role that is not supported here: tools are not."),
        _ => throw value.Refuse("unsupported_value", "must be system, user, assistant or developer."),
    };

    private static string Content(FieldValue value) => value.Json.ValueKind switch
    {
        JsonValueKind.String => value.Text(),
        JsonValueKind.Array => string.Join('\n', value.Items().Select(part => Parts.Read(Known(part), new MessageDraft()).Content ?? throw Missing(part, "text"))),
        _ => throw value.Wrong("text or an array of text parts"),
    };

    /// <summary>The part, if it is of the type supported; so that an image is refused as such and not by its first field.</summary>
    private static FieldValue Known(FieldValue part)
    {
        if (part.Json.ValueKind != JsonValueKind.Object) throw part.Wrong("an object");
        if (!part.Json.TryGetProperty("type", out var type)) throw Missing(part, "type");
        RequireText(new FieldValue($"{part.Path}.type", type));
        return part;
    }

    private static void RequireText(FieldValue type)
    {
        var kind = type.Text();
        if (kind == "text") return;
        var named = kind is "image_url" or "input_audio" or "file" or "refusal" ? $"is {kind}: only text is supported here." : "must be text.";
        throw type.Refuse("unsupported_value", named);
    }

    private static CompletionRefusedException Missing(FieldValue parent, string field) =>
        (parent with { Path = $"{parent.Path}.{field}" }).Refuse("missing_field", "is required.");
}
