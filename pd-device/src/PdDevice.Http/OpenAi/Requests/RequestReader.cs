using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Http.OpenAi.Requests;

/// <summary>From a request's body to what the backend is asked: every check that can be made before a token flows (invariant 10).</summary>
internal sealed class RequestReader(ICompletionBackend backend, Func<ulong> newSeed)
{
    private static readonly RequestTable<RequestDraft> ChatTable = new([.. RequestFields.Both, .. RequestFields.Chat]);

    private static readonly RequestTable<RequestDraft> CompletionTable = new([.. RequestFields.Both, .. RequestFields.Completions]);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <exception cref="CompletionRefusedException">The request is not served; the message says why.</exception>
    public OpenAiRequest Read(ReadOnlyMemory<byte> body, bool chat)
    {
        var draft = Draft(body, chat ? ChatTable : CompletionTable);
        if (draft.Model is null) throw Missing("model");
        if (draft.Model != backend.Model)
            throw new CompletionRefusedException(StatusCodes.Status404NotFound, "model_not_found", "There is no such model here; /v1/models lists the one there is.", parameter: "model");
        if (draft.TopLogprobs is not null && !draft.Logprobs) throw Refuse("invalid_combination", "top_logprobs", "'top_logprobs' is only allowed with 'logprobs': true.");
        if (draft.StreamOptions is not null && !draft.Stream) throw Refuse("invalid_combination", "stream_options", "'stream_options' is only allowed with 'stream': true.");
        if (draft.MaxTokens is { } older && draft.MaxCompletionTokens is { } newer && older != newer)
            throw Refuse("invalid_combination", "max_completion_tokens", "'max_tokens' and 'max_completion_tokens' differ. Send one of them.");
        var limit = draft.MaxCompletionTokens ?? draft.MaxTokens ?? (chat ? RequestFields.ChatDefaultTokens : RequestFields.CompletionDefaultTokens);
        if (draft.Sampling.MinTokens > limit) throw Refuse("out_of_range", "min_tokens", $"'min_tokens' must not be above the answer's limit, {limit}.");

        if (draft.Grammar is { } grammar) Require(grammar, draft.Sampling);
        var text = Prompt(draft, chat);
        var prompt = text.Tokens;
        var sampling = draft.Sampling with { Seed = draft.Seed ?? newSeed() };
        var completion = new CompletionRequest(
            prompt, Math.Min(limit, backend.ContextTokens - prompt.Length), sampling, draft.Choices, draft.Logprobs ? draft.TopLogprobs ?? 0 : null, chat,
            draft.Pdd?.KeepRatio, [.. text.Protected, .. Protected(draft.Pdd, prompt)])
        {
            Grammar = draft.Grammar, Deterministic = draft.Deterministic, Task = draft.Pdd?.Task,
        };
        return new OpenAiRequest(draft.Model, completion, draft.Stop, draft.Stream, draft.StreamOptions?.IncludeUsage ?? false);
    }

    private static RequestDraft Draft(ReadOnlyMemory<byte> body, RequestTable<RequestDraft> table)
    {
        if (!Utf8.IsValid(body.Span)) throw Refuse("invalid_json", null, "The body is not valid UTF-8.");
        try
        {
            using var json = JsonDocument.Parse(body, Strict);
            return table.Read(new FieldValue("", json.RootElement), new RequestDraft());
        }
        catch (JsonException)
        {
            throw Refuse("invalid_json", null, "The body is not JSON, names a field twice, or is nested too deeply."); // what the parser says may quote it
        }
        catch (InvalidOperationException)
        {
            throw Refuse("invalid_json", null, "A text in the body holds half of a surrogate pair, which is no character."); // all it can be: kinds are checked before values are read
        }
    }

    private IEnumerable<TokenRange> Protected(PddDraft? pdd, int[] prompt)
    {
        if (pdd is null || pdd.Protect.Count == 0) return [];
        var pieces = backend.Tokenizer.Pieces(prompt);
        return pdd.Protect.SelectMany((text, i) => ProtectedSpans.Every(pieces, text) is { Count: > 0 } found
            ? found
            : throw Refuse("not_in_prompt", $"pdd.protect[{i}]", $"'pdd.protect[{i}]' does not occur in the prompt."));
    }

    private PromptText Prompt(RequestDraft draft, bool chat)
    {
        var field = chat ? "messages" : "prompt";
        var text = Tokens(draft, field);
        var prompt = text.Tokens;
        if (prompt.Length == 0) throw Refuse("empty_prompt", field, $"'{field}' is empty. Ask something.");
        if (prompt.AsSpan().IndexOfAnyExceptInRange(0, backend.Tokenizer.VocabularySize - 1) >= 0)
            throw Refuse("out_of_range", field, $"Token ids must be 0 to {backend.Tokenizer.VocabularySize - 1}.");
        if (prompt.Length >= backend.ContextTokens)
            throw Refuse("context_length_exceeded", field, $"The prompt has {prompt.Length} tokens; the model holds {backend.ContextTokens}, prompt and answer together. Shorten the prompt.");
        return text;
    }

    private PromptText Tokens(RequestDraft draft, string field)
    {
        try
        {
            return draft switch
            {
                { Messages: { Count: > 0 } messages } => PromptText.Chat(backend.Tokenizer, messages),
                { Messages: not null } => new PromptText([], []),
                { PromptText: { } text } => PromptText.Plain(backend.Tokenizer, text),
                { PromptTokens: { } tokens } => new PromptText(tokens, []),
                _ => throw Missing(field),
            };
        }
        catch (EngineException exception) when (exception.Error is EngineError.TextNotExpressible or EngineError.ChatTemplateUnknown)
        {
            throw Refuse(JsonNamingPolicy.SnakeCaseLower.ConvertName(exception.Error.ToString()), field, exception.Message);
        }
    }

    private void Require(string grammar, SamplingOptions sampling)
    {
        if (sampling.IgnoreEndOfGeneration || sampling.MinTokens > 0)
            throw Refuse("invalid_combination", "response_format", "'response_format' ends the answer where the JSON does, which 'ignore_eos' and 'min_tokens' forbid. Leave them out.");
        try
        {
            backend.Tokenizer.Constrain(grammar).Dispose();
        }
        catch (EngineException exception) when (exception.Error is EngineError.GrammarUnusable)
        {
            throw Refuse("unsupported_value", "response_format", exception.Message);
        }
    }

    private static CompletionRefusedException Missing(string field) => Refuse("missing_field", field, $"'{field}' is required.");

    private static CompletionRefusedException Refuse(string code, string? field, string message) =>
        new(StatusCodes.Status400BadRequest, code, message, parameter: field);
}
