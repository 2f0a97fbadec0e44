using System.Runtime.InteropServices;
using System.Text;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>A stretch of a rendered conversation: the template's own words, or a person's.</summary>
internal readonly record struct ChatPart(string Text, bool OfTemplate);

/// <summary>
/// Renders a conversation by the model's own template without ever showing it the content: each message goes in as a mark,
/// and the rendered text is cut at the marks. So nothing in a message can pass for a part of the template.
/// </summary>
internal sealed unsafe class ChatTemplate(string? template)
{
    // A character no template writes stands at both ends of a mark: where it is gone, the template trims the content.
    private const char Edge = '\f';

    /// <summary>What C's isspace trims.</summary>
    internal static readonly char[] CWhiteSpace = [' ', '\t', '\n', '\v', '\f', '\r'];

    /// <exception cref="EngineException">ChatTemplateUnknown: no template, one llama.cpp does not know, or an unknown role.</exception>
    public List<ChatPart> Render(IReadOnlyList<ChatMessage> messages)
    {
        if (string.IsNullOrEmpty(template))
            throw Unknown("The model has no chat template. Send plain text instead (completions), or use an instruction-tuned model.");
        if (messages.Count == 0) throw Unknown("A conversation needs at least one message.");
        foreach (var message in messages)
        {
            if (message.Role is not ("system" or "user" or "assistant"))
                throw Unknown("A message's role must be system, user or assistant.");
        }

        return Cut(RenderMarks(messages), messages);
    }

    private static List<ChatPart> Cut(string rendered, IReadOnlyList<ChatMessage> messages)
    {
        var found = new List<(int Start, int Message)>();
        for (var i = 0; i < messages.Count; i++)
        {
            var start = rendered.IndexOf(Mark(i), StringComparison.Ordinal);
            if (start < 0 || rendered.IndexOf(Mark(i), start + 1, StringComparison.Ordinal) >= 0)
                throw Unknown("The model's chat template leaves out or repeats a message of this conversation; send its roles in another order.");
            found.Add((start, i));
        }

        found.Sort();
        var parts = new List<ChatPart>();
        var at = 0;
        foreach (var (markStart, message) in found)
        {
            var start = markStart;
            var end = markStart + Mark(message).Length;
            var content = messages[message].Content;
            if (start > at && rendered[start - 1] == Edge) start--;
            else content = content.TrimStart(CWhiteSpace);
            if (end < rendered.Length && rendered[end] == Edge) end++;
            else content = content.TrimEnd(CWhiteSpace);
            parts.Add(new ChatPart(rendered[at..start], OfTemplate: true));
            parts.Add(new ChatPart(content, OfTemplate: false));
            at = end;
        }

        parts.Add(new ChatPart(rendered[at..], OfTemplate: true));
        return parts;
    }

    private string RenderMarks(IReadOnlyList<ChatMessage> messages)
    {
        var texts = new List<nint>();
        var native = new NativeChatMessage[messages.Count];
        try
        {
            nint Text(string text)
            {
                texts.Add(Marshal.StringToCoTaskMemUTF8(text));
                return texts[^1];
            }

            for (var i = 0; i < native.Length; i++)
                native[i] = new NativeChatMessage { Role = Text(messages[i].Role), Content = Text($"{Edge}{Mark(i)}{Edge}") };
            return RenderNative(Text(template!), native);
        }
        finally
        {
            foreach (var text in texts) Marshal.FreeCoTaskMem(text);
        }
    }

    private static string RenderNative(nint template, NativeChatMessage[] messages)
    {
        var buffer = new byte[1024 + (128 * messages.Length)];
        while (true)
        {
            int length;
            fixed (NativeChatMessage* m = messages)
            fixed (byte* b = buffer)
                length = NativeMethods.ChatApplyTemplate((byte*)template, m, (nuint)messages.Length, 1, b, buffer.Length);
            if (length < 0)
                throw Unknown("llama.cpp does not know the model's chat template. Send plain text instead (completions), or use a model with a common template such as ChatML.");
            if (length <= buffer.Length) return Encoding.UTF8.GetString(buffer, 0, length);
            buffer = new byte[length];
        }
    }

    private static string Mark(int message) => $"\uE0F0{message}\uE0F1";

    private static EngineException Unknown(string message) => new(EngineError.ChatTemplateUnknown, message);
}
