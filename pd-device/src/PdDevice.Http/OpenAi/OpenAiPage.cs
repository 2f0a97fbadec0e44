using PdDevice.Core.Refinement;
using PdDevice.Http.OpenAi.Requests;

namespace PdDevice.Http.OpenAi;

/// <summary>docs/openai.md, made from the tables the parser reads by, so that it cannot differ.</summary>
public static class OpenAiPage
{
    public static string Markdown() => $"""
        # The OpenAI API

        `POST {OpenAiApi.ChatRoute}`, `POST {OpenAiApi.CompletionsRoute}`, `GET {OpenAiApi.ModelsRoute}` and `GET {OpenAiApi.ModelsRoute}/ID` answer as OpenAI's do, streaming and not, so that its clients work unchanged. A field is supported, accepted without effect, or refused by name, never ignored. `null` is the same as not sent. This page is made from the code (`PDD_UPDATE_DOCS=1 dotnet test`).

        ## Fields of both calls

        {Table(RequestFields.Both)}

        ## Chat completions

        {Table(RequestFields.Chat)}

        ### A message

        {Table(MessageFields.Message)}

        ### A part of a message's content

        {Table(MessageFields.Part)}

        ## Completions

        {Table(RequestFields.Completions)}

        ## `stream_options`

        {Table(RequestFields.StreamOptions)}

        ## `response_format`

        {Table(ResponseFormatFields.Format)}

        ### `json_schema`

        {Table(ResponseFormatFields.Schema)}

        ## `pdd`

        {Table(RequestFields.Pdd)}

        What a text has between `{MarkedText.Open}` and `{MarkedText.Close}` is protected too. These marks may stand in a message or a completion's text; they are taken out before the model reads it, here and at a cloud. They do not nest: an open mark goes with the next close one. One without its partner is text like any other.

        ## What comes back

        - `finish_reason` is `stop` (the model ended the answer, or a stop sequence did) or `length` (the limit, or the context's end).
        - `usage.completion_tokens` counts every token drawn for the answer, those a stop sequence cut off included and the end-of-generation token not. `usage.prompt_tokens_details.cached_tokens` are prompt tokens that were not prefilled again.
        - A device adds `usage.pdd`: `cloudTokens`, `deviceTokens`, `cloudTokensUnused`, `handoverIndex` (of the first choice; null when the cloud made all), `bytesLeft`, and, only where a refined prompt was used, `refined`: `raw` (leading prompt positions ingested before it came), `kept` (positions ingested of those after) and `ratio` (the share of the prompt that the cloud kept). Every other count is of the raw prompt.
        - A device that makes an answer wholly by itself because of what was asked says so in the header `Pdd-Alone`: `logprobs`, `response_format` or `deterministic`. Together with `Pdd-Cloud: required` these are refused.
        - A stream's first event of each chat choice has the role. An event's logprobs are those of the tokens whose text ends in it; a token that a stop sequence cuts off altogether is not among them. Exactly one event of each choice has a `finish_reason`, with the last of its text. The stream ends with one `data: [DONE]`.
        - If an answer is cut short after its stream began, an event `data: {"{\"error\": ...}"}` says why and neither a `finish_reason` nor `[DONE]` follows; what came before stays valid. OpenAI's JavaScript client throws then; its .NET client takes no notice, so look for the finish reason. Lines that begin with `:` are comments.
        - Closing the connection stops the answer.
        - A token among logprobs that is a part of a character is shown as `bytes:\xf0\x9f`, one without text as `token_id:2`; `bytes` has its bytes. `text_offset` counts Unicode code points.

        ## Errors

        Every error comes before any token, except the one above, as `{"{\"error\": {\"message\", \"type\", \"param\", \"code\"}}"}`. No message quotes a prompt.

        | status | `code` | when |
        | --- | --- | --- |
        | 400 | `invalid_json` | not JSON, not UTF-8, half a surrogate pair, a field twice, nested more than 64 deep |
        | 400 | `missing_field`, `unknown_field`, `unsupported_field` | `param` names the field |
        | 400 | `invalid_type`, `out_of_range`, `unsupported_value` | `param` names the field |
        | 400 | `invalid_combination` | two fields that do not go together |
        | 400 | `not_in_prompt` | a text to protect does not occur in the prompt |
        | 400 | `empty_prompt`, `context_length_exceeded` | nothing to go on from, or more than the model holds |
        | 400 | `text_not_expressible`, `chat_template_unknown` | the model's vocabulary or template does not allow it |
        | 404 | `model_not_found` | `model` is not the served one |
        | 413 | `body_too_large` | over the limit of the server, at most {new OpenAiOptions().MaxBody >> 20} MiB (a cloud: 256 KiB and 64 bytes per position of its context) |
        | 500 | `internal_error` | a fault of the server; its log says more |

        What the server itself refuses or fails with (a missing key, a full queue with Retry-After, a failed engine) comes in the same form.

        """.ReplaceLineEndings("\n");

    private static string Table<T>(RequestField<T>[] fields) =>
        "| field | support | values | default | meaning |\n| --- | --- | --- | --- | --- |\n" + string.Join('\n', fields.Select(field =>
            $"| `{field.Name}` | {Support(field.Support)} | {field.Values} | {field.Default} | {field.Meaning} |"));

    private static string Support(FieldSupport support) => support switch
    {
        FieldSupport.Supported => "supported",
        FieldSupport.Unused => "accepted, changes nothing",
        _ => "refused unless",
    };
}
