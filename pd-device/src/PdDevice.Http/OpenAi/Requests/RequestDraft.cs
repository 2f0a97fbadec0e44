using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>A request's fields as they were sent, each valid by itself; what was not sent has its default.</summary>
internal sealed class RequestDraft
{
    public string? Model { get; set; }

    public List<ChatMessage>? Messages { get; set; }

    /// <summary>The prompt of a completion; null when it was sent as token ids or not at all.</summary>
    public string? PromptText { get; set; }

    public int[]? PromptTokens { get; set; }

    public int? MaxTokens { get; set; }

    public int? MaxCompletionTokens { get; set; }

    public SamplingOptions Sampling { get; set; } = new(Temperature: 1);

    public ulong? Seed { get; set; }

    public IReadOnlyList<string> Stop { get; set; } = [];

    /// <summary>Of the answer, in GBNF; null: it may be anything.</summary>
    public string? Grammar { get; set; }

    public bool Deterministic { get; set; }

    public int Choices { get; set; } = 1;

    public bool Logprobs { get; set; }

    public int? TopLogprobs { get; set; }

    public bool Stream { get; set; }

    public StreamDraft? StreamOptions { get; set; }

    public PddDraft? Pdd { get; set; }
}

/// <summary>The object <c>stream_options</c>.</summary>
internal sealed class StreamDraft
{
    public bool IncludeUsage { get; set; }
}

/// <summary>The object <c>pdd</c>.</summary>
internal sealed class PddDraft
{
    public double? KeepRatio { get; set; }

    public string? Task { get; set; }

    public IReadOnlyList<string> Protect { get; set; } = [];
}

/// <summary>A message of <c>messages</c>, or a part of its content.</summary>
internal sealed class MessageDraft
{
    public string? Role { get; set; }

    public string? Content { get; set; }
}
