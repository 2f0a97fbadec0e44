using PdDevice.Core.Sampling;

namespace PdDevice.Http.OpenAi.Requests;

using Field = RequestField<RequestDraft>;

/// <summary>Every field of the two calls that make an answer. The parser reads by these tables and docs/openai.md is made from them.</summary>
internal static class RequestFields
{
    /// <summary>Answer limit of a chat that names none, tokens.</summary>
    public const int ChatDefaultTokens = 4096;

    /// <summary>Answer limit of a completion that names none, tokens; OpenAI's.</summary>
    public const int CompletionDefaultTokens = 16;

    private const int MostTokens = 1_000_000;
    private const int MostStops = 16;
    private const int LongestStop = 1000;
    private const int MostProtected = 64;
    private const int LongestProtected = 10_000;
    private const int LongestTask = 64;

    public static Field[] Both { get; } =
    [
        Field.Other("model", "text", "required", "The served model's id, exactly as `/v1/models` lists it; another one is 404 `model_not_found`.", (draft, value) => draft.Model = value.Text()),
        Field.Whole("min_tokens", 0, MostTokens, "0", "Until so many tokens are there, the model cannot end the answer and their text is not searched for stop sequences. Not above the answer's limit.", (draft, value) => draft.Sampling = draft.Sampling with { MinTokens = value }),
        Field.Switch("ignore_eos", "The model never ends the answer; its limit or a stop sequence does.", (draft, value) => draft.Sampling = draft.Sampling with { IgnoreEndOfGeneration = value }),
        Field.Other("stop", $"text, or an array of at most {MostStops}; each of 1 to {LongestStop} characters", "none", "The answer ends before the first of these. Text that may begin one is held back from a stream.", (draft, value) => draft.Stop = Stops(value)),
        Field.Number("temperature", 0, 10, "1", "0 always takes the best token.", (draft, value) => draft.Sampling = draft.Sampling with { Temperature = value }),
        Field.Number("top_p", 0, 1, "1", "Draw among the best tokens whose probabilities reach this.", (draft, value) => draft.Sampling = draft.Sampling with { TopP = value }, aboveLeast: true),
        Field.Whole("top_k", -1, 1_000_000, "0", "Draw among the best so many; 0 and -1 are all.", (draft, value) => draft.Sampling = draft.Sampling with { TopK = Math.Max(0, value) }),
        Field.Number("min_p", 0, 1, "0", "Draw among tokens at least this many times as likely as the best.", (draft, value) => draft.Sampling = draft.Sampling with { MinP = value }),
        Field.Number("repetition_penalty", 0, 10, "1", "Divides positive and multiplies negative logits of tokens in prompt or answer.", (draft, value) => draft.Sampling = draft.Sampling with { RepetitionPenalty = value }, aboveLeast: true),
        Field.Number("frequency_penalty", -2, 2, "0", "Subtracted from a token's logit per occurrence in the answer.", (draft, value) => draft.Sampling = draft.Sampling with { FrequencyPenalty = value }),
        Field.Number("presence_penalty", -2, 2, "0", "Subtracted once from the logit of a token in the answer.", (draft, value) => draft.Sampling = draft.Sampling with { PresencePenalty = value }),
        Field.Other("seed", $"whole number, {FieldValue.SeedRange}", "random", "Same seed, same request, same answer, as far as the engine's logits are the same. Choice i draws with seed + i.", (draft, value) => draft.Seed = value.Seed()),
        Field.Other("response_format", "object", "text", "JSON, of any kind or by a schema; where the engine has grammars. A device makes such an answer alone (`Pdd-Alone`).", (draft, value) => draft.Grammar = ResponseFormatFields.Read(value)),
        Field.Switch("deterministic", "One side makes the whole answer: a seed's answer cannot change where another engine takes over. A device makes it alone (`Pdd-Alone`).", (draft, value) => draft.Deterministic = value),
        Field.Whole("n", 1, 16, "1", "Choices.", (draft, value) => draft.Choices = value),
        Field.Switch("stream", "Server-sent events instead of one object.", (draft, value) => draft.Stream = value),
        Field.Other("stream_options", "object", "none", "Only with `stream`.", (draft, value) => draft.StreamOptions = StreamTable!.Read(value, new StreamDraft())),
        Field.Other("pdd", "object", "none", "For a device that asks a cloud for a refined prompt; elsewhere it changes nothing.", (draft, value) => draft.Pdd = PddTable!.Read(value, new PddDraft())),
        Field.Unused("user", "An id of the end user."),
        Field.Refused("logit_bias", "{}"),
        Field.Refused("stop_token_ids", "[]"),
        Field.Refused("include_stop_str_in_output", "false"),
        Field.Refused("skip_special_tokens", "true"),
        Field.Refused("use_beam_search", "false"),
        Field.Refused("structured_outputs"),
        Field.Refused("guided_json"),
        Field.Refused("guided_regex"),
        Field.Refused("guided_choice"),
        Field.Refused("guided_grammar"),
    ];

    public static Field[] Chat { get; } =
    [
        Field.Other("messages", "array of messages", "required", "The conversation, in the model's own chat template.", (draft, value) => draft.Messages = MessageFields.Read(value)),
        Field.Whole("max_completion_tokens", 1, MostTokens, $"{ChatDefaultTokens}", "Limit of the answer, tokens; the context's end where that comes first.", (draft, value) => draft.MaxCompletionTokens = value),
        Field.Whole("max_tokens", 1, MostTokens, $"{ChatDefaultTokens}", "The older name of `max_completion_tokens`; where both are sent they must agree.", (draft, value) => draft.MaxTokens = value),
        Field.Switch("logprobs", "Report each token's log probability: of the raw logits, at temperature 1 and before penalties. One of 0 probability is -9999.", (draft, value) => draft.Logprobs = value),
        Field.Whole("top_logprobs", 0, TokenLogprobs.MaxTop, "0", "With each token the likeliest ones. Only with `logprobs`.", (draft, value) => draft.TopLogprobs = value),
        Field.Unused("safety_identifier", "An id of the end user."),
        Field.Unused("prompt_cache_key", "A hint for caches."),
        Field.Refused("tools", "[]"),
        Field.Refused("tool_choice", "\"none\"", "\"auto\""),
        Field.Refused("parallel_tool_calls", "true", "false"),
        Field.Refused("functions", "[]"),
        Field.Refused("function_call", "\"none\"", "\"auto\""),
        Field.Refused("modalities", """["text"]"""),
        Field.Refused("audio"),
        Field.Refused("prediction"),
        Field.Refused("reasoning_effort", "\"none\""),
        Field.Refused("verbosity", "\"medium\""),
        Field.Refused("web_search_options"),
        Field.Refused("metadata", "{}"),
        Field.Refused("store", "false"),
        Field.Refused("service_tier", "\"auto\"", "\"default\""),
        Field.Refused("prompt_cache_retention"),
    ];

    public static Field[] Completions { get; } =
    [
        Field.Other("prompt", "text, an array of token ids, or an array of one of these", "required", "What to go on from; nothing is added. More than one prompt a request is refused.", PromptField.Read),
        Field.Whole("max_tokens", 1, MostTokens, $"{CompletionDefaultTokens}", "Limit of the answer, tokens; the context's end where that comes first.", (draft, value) => draft.MaxTokens = value),
        Field.Whole("logprobs", 0, TokenLogprobs.MaxTop, "none", "Report each token's log probability and so many of the likeliest, as the chat's `logprobs`.", (draft, value) => (draft.Logprobs, draft.TopLogprobs) = (true, value)),
        Field.Refused("echo", "false"),
        Field.Refused("best_of", "1"),
        Field.Refused("suffix", "\"\""),
    ];

    public static RequestField<StreamDraft>[] StreamOptions { get; } =
    [
        RequestField<StreamDraft>.Switch("include_usage", "One more event before the end, with the usage and no choices.", (draft, value) => draft.IncludeUsage = value),
        RequestField<StreamDraft>.Refused("include_obfuscation", "false"),
        RequestField<StreamDraft>.Refused("continuous_usage_stats", "false"),
    ];

    public static RequestField<PddDraft>[] Pdd { get; } =
    [
        RequestField<PddDraft>.Number("keep_ratio", 0, 1, "as the device is set", "Share of the prompt that a refined one keeps; 1 asks for none.", (draft, value) => draft.KeepRatio = value, aboveLeast: true),
        RequestField<PddDraft>.Other("task", $"text of 1 to {LongestTask} characters", "not said", "What is asked, by a name in the device's measurement of refinement (such as needle, list or code; one that is not there is refused with those that are): the prompt keeps the smallest ratio that this task bears, and is not refined where it bears none. Without weight beside `keep_ratio`.", (draft, value) => draft.Task = Task(value)),
        RequestField<PddDraft>.Other("protect", $"array of at most {MostProtected} texts of 1 to {LongestProtected} characters", "none", "Kept wherever they occur in the prompt, whatever is left out; one that does not occur is refused.", (draft, value) => draft.Protect = [.. value.Items(MostProtected).Select(Protected)]),
    ];

    private static RequestTable<PddDraft> PddTable { get; } = new(Pdd);

    private static RequestTable<StreamDraft> StreamTable { get; } = new(StreamOptions);

    private static string Task(FieldValue value) =>
        value.Text() is { Length: >= 1 and <= LongestTask } text ? text : throw value.OutOfRange($"1 to {LongestTask} characters");

    private static string Protected(FieldValue value) =>
        value.Text() is { Length: >= 1 and <= LongestProtected } text ? text : throw value.OutOfRange($"1 to {LongestProtected} characters");

    private static string[] Stops(FieldValue value)
    {
        FieldValue[] stops = value.Json.ValueKind == System.Text.Json.JsonValueKind.Array ? [.. value.Items(MostStops)] : [value];
        return Array.ConvertAll(stops, stop => stop.Text() is { Length: >= 1 and <= LongestStop } text ? text : throw stop.OutOfRange($"1 to {LongestStop} characters"));
    }
}
