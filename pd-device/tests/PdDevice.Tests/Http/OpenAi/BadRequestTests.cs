using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PdDevice.Core.Sampling;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Http.OpenAi;

/// <summary>Invariant 10 at the OpenAI API: what cannot be served is refused by name, without a quote, and serving goes on.</summary>
public sealed class BadRequestTests
{
    // No response may quote it.
    private const string Secret = "the question asked";
    private const string Model = $"\"model\":\"{TestBackend.Name}\"";
    private const string Message = $$"""{"role":"user","content":"{{Secret}}"}""";
    private const string Chat = $$"""{{{Model}},"messages":[{{Message}}]}""";
    private const string Text = $$"""{{{Model}},"prompt":"{{Secret}}"}""";
    private static readonly string Deep = string.Concat(Enumerable.Repeat("[", 10_000));

    private static readonly (string What, string Route, string Body, int Status, string Code, string? Param)[] Requests =
    [
        ("empty body", OpenAiApi.ChatRoute, "", 400, "invalid_json", null),
        ("not JSON", OpenAiApi.ChatRoute, Secret, 400, "invalid_json", null),
        ("cut short", OpenAiApi.ChatRoute, Chat[..^1], 400, "invalid_json", null),
        ("more behind it", OpenAiApi.ChatRoute, $"{Chat} {Secret}", 400, "invalid_json", null),
        ("deep", OpenAiApi.ChatRoute, Deep, 400, "invalid_json", null),
        ("deep in a field", OpenAiApi.ChatRoute, Add(Chat, $"\"tools\":{Deep}"), 400, "invalid_json", null),
        ("a field twice", OpenAiApi.ChatRoute, Add(Chat, "\"n\":1,\"n\":2"), 400, "invalid_json", null),
        ("half a surrogate pair", OpenAiApi.ChatRoute, Chat.Replace(Secret, $"{Secret} \\ud800"), 400, "invalid_json", null),
        ("half a surrogate pair in a name", OpenAiApi.ChatRoute, Add(Chat, "\"\\udc00\":1"), 400, "invalid_json", null),
        ("half a surrogate pair in what is refused", OpenAiApi.ChatRoute, Add(Chat, "\"tool_choice\":\"\\udc00\""), 400, "invalid_json", null),
        ("NaN", OpenAiApi.ChatRoute, Add(Chat, "\"temperature\":NaN"), 400, "invalid_json", null),
        ("null", OpenAiApi.ChatRoute, "null", 400, "invalid_type", null),
        ("an array", OpenAiApi.ChatRoute, $"[\"{Secret}\"]", 400, "invalid_type", null),
        ("an unknown field", OpenAiApi.ChatRoute, Add(Chat, $"\"temprature\":\"{Secret}\""), 400, "unknown_field", "temprature"),
        ("an unknown field with a long and odd name", OpenAiApi.ChatRoute, Add(Chat, $"\"a\\u0007\\u202e{new string('x', 5000)}\":1"), 400, "unknown_field", $"a{new string('x', 63)}"),
        ("a chat's field in a completion", OpenAiApi.CompletionsRoute, Add(Text, $"\"messages\":[{Message}]"), 400, "unknown_field", "messages"),
        ("a completion's field in a chat", OpenAiApi.ChatRoute, Add(Chat, $"\"prompt\":\"{Secret}\""), 400, "unknown_field", "prompt"),
        ("no model", OpenAiApi.ChatRoute, Chat.Replace(Model, "\"n\":1"), 400, "missing_field", "model"),
        ("model null", OpenAiApi.ChatRoute, Chat.Replace(Model, "\"model\":null"), 400, "missing_field", "model"),
        ("another model", OpenAiApi.ChatRoute, Chat.Replace(Model, $"\"model\":\"{Secret}\""), 404, "model_not_found", "model"),
        ("no messages", OpenAiApi.ChatRoute, $"{{{Model}}}", 400, "missing_field", "messages"),
        ("messages empty", OpenAiApi.ChatRoute, $"{{{Model},\"messages\":[]}}", 400, "empty_prompt", "messages"),
        ("message null", OpenAiApi.ChatRoute, $"{{{Model},\"messages\":[{Message},null]}}", 400, "invalid_type", "messages[1]"),
        ("message without role", OpenAiApi.ChatRoute, Chat.Replace("\"role\":\"user\",", ""), 400, "missing_field", "messages[0].role"),
        ("message without content", OpenAiApi.ChatRoute, Chat.Replace($"\"{Secret}\"", "null"), 400, "missing_field", "messages[0].content"),
        ("role unknown", OpenAiApi.ChatRoute, Chat.Replace("\"user\"", $"\"{Secret}\""), 400, "unsupported_value", "messages[0].role"),
        ("role tool", OpenAiApi.ChatRoute, Chat.Replace("\"user\"", "\"tool\""), 400, "unsupported_value", "messages[0].role"),
        ("message with a name", OpenAiApi.ChatRoute, Chat.Replace("\"role\"", $"\"name\":\"{Secret}\",\"role\""), 400, "unsupported_field", "messages[0].name"),
        ("message with an unknown field", OpenAiApi.ChatRoute, Chat.Replace("\"role\"", "\"rank\":1,\"role\""), 400, "unknown_field", "messages[0].rank"),
        ("an image", OpenAiApi.ChatRoute, Chat.Replace($"\"{Secret}\"", $$"""[{"image_url":{"url":"{{Secret}}"},"type":"image_url"}]"""), 400, "unsupported_value", "messages[0].content[0].type"),
        ("a part without type", OpenAiApi.ChatRoute, Chat.Replace($"\"{Secret}\"", $$"""[{"text":"{{Secret}}"}]"""), 400, "missing_field", "messages[0].content[0].type"),
        ("a part without text", OpenAiApi.ChatRoute, Chat.Replace($"\"{Secret}\"", """[{"type":"text"}]"""), 400, "missing_field", "messages[0].content[0].text"),
        ("a part that is a text", OpenAiApi.ChatRoute, Chat.Replace($"\"{Secret}\"", $"[\"{Secret}\"]"), 400, "invalid_type", "messages[0].content[0]"),
        ("a stop that is empty", OpenAiApi.ChatRoute, Add(Chat, "\"stop\":[\"a\",\"\"]"), 400, "out_of_range", "stop[1]"),
        ("top_logprobs alone", OpenAiApi.ChatRoute, Add(Chat, "\"top_logprobs\":2"), 400, "invalid_combination", "top_logprobs"),
        ("stream_options alone", OpenAiApi.ChatRoute, Add(Chat, "\"stream_options\":{\"include_usage\":true}"), 400, "invalid_combination", "stream_options"),
        ("two limits", OpenAiApi.ChatRoute, Add(Chat, "\"max_tokens\":2,\"max_completion_tokens\":3"), 400, "invalid_combination", "max_completion_tokens"),
        ("min above max", OpenAiApi.ChatRoute, Add(Chat, "\"max_tokens\":2,\"min_tokens\":3"), 400, "out_of_range", "min_tokens"),
        ("stream_options unknown", OpenAiApi.ChatRoute, Add(Chat, "\"stream\":true,\"stream_options\":{\"usage\":true}"), 400, "unknown_field", "stream_options.usage"),
        ("a format without grammars", OpenAiApi.ChatRoute, Add(Chat, "\"response_format\":{\"type\":\"json_object\"}"), 400, "unsupported_value", "response_format"),
        ("a format without a type", OpenAiApi.ChatRoute, Add(Chat, "\"response_format\":{}"), 400, "missing_field", "response_format"),
        ("a format unknown", OpenAiApi.ChatRoute, Add(Chat, $"\"response_format\":{{\"type\":\"{Secret}\"}}"), 400, "unsupported_value", "response_format.type"),
        ("a schema missing", OpenAiApi.ChatRoute, Add(Chat, "\"response_format\":{\"type\":\"json_schema\"}"), 400, "missing_field", "response_format"),
        ("a schema without its type", OpenAiApi.ChatRoute, Add(Chat, "\"response_format\":{\"type\":\"text\",\"json_schema\":{\"schema\":true}}"), 400, "invalid_combination", "response_format"),
        ("a schema too hard", OpenAiApi.ChatRoute, Add(Chat, $"\"response_format\":{{\"type\":\"json_schema\",\"json_schema\":{{\"schema\":{{\"type\":\"string\",\"pattern\":\"{Secret}\"}}}}}}"), 400, "unsupported_value", "response_format.json_schema.schema.pattern"),
        ("a format that may not end", OpenAiApi.ChatRoute, Add(Chat, "\"ignore_eos\":true,\"response_format\":{\"type\":\"json_object\"}"), 400, "invalid_combination", "response_format"),
        ("no prompt", OpenAiApi.CompletionsRoute, $"{{{Model}}}", 400, "missing_field", "prompt"),
        ("prompt empty", OpenAiApi.CompletionsRoute, Text.Replace(Secret, ""), 400, "empty_prompt", "prompt"),
        ("prompt of no ids", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", "[]"), 400, "empty_prompt", "prompt"),
        ("id beyond the vocabulary", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", "[1,295]"), 400, "out_of_range", "prompt"),
        ("id negative", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", "[1,-1]"), 400, "out_of_range", "prompt[1]"),
        ("id too large", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", "[1,99999999999999999999]"), 400, "out_of_range", "prompt[1]"),
        ("id of text", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", $"[1,\"{Secret}\"]"), 400, "invalid_type", "prompt[1]"),
        ("two prompts", OpenAiApi.CompletionsRoute, Text.Replace($"\"{Secret}\"", $"[\"{Secret}\",\"x\"]"), 400, "unsupported_value", "prompt"),
        ("prompt beyond the context", OpenAiApi.CompletionsRoute, Text.Replace(Secret, new string('x', 4096)), 400, "context_length_exceeded", "prompt"),
        ("messages beyond the context", OpenAiApi.ChatRoute, Chat.Replace(Secret, new string('x', 4096)), 400, "context_length_exceeded", "messages"),
        ("body beyond the limit", OpenAiApi.ChatRoute, Chat + new string(' ', 1 << 20), 413, "body_too_large", null),
    ];

    [Fact]
    public async Task Post_BadRequests_AreRefusedByNameWithoutAQuoteAndServingGoesOn()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend, new OpenAiOptions { MaxBody = 1 << 20 });
        var page = OpenAiPage.Markdown();
        foreach (var (what, route, body, status, code, param) in Requests)
        {
            using var response = await server.PostAsync(route, body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(status == (int)response.StatusCode, $"{what}: {response.StatusCode} {text}");
            var error = JsonNode.Parse(text)!["error"]!;
            Assert.True((code, param) == ((string?)error["code"], (string?)error["param"]), $"{what}: {text}");
            Assert.Equal("invalid_request_error", (string?)error["type"]);
            var message = (string)error["message"]!;
            Assert.True(message.Length is > 0 and < 400 && !message.Any(char.IsControl), what);
            Assert.DoesNotContain(Secret, text);
            Assert.Contains($"`{code}`", page);
        }

        Assert.Null(backend.Last); // none of them reached it
        Assert.NotNull((await server.AskAsync(OpenAiApi.ChatRoute, Add(Chat, "\"max_tokens\":3")))["choices"]);
    }

    [Fact]
    public async Task Post_BodyIsNotUtf8_IsRefused()
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        byte[][] bodies = [[.. Encoding.UTF8.GetBytes(Chat[..^5]), 0xFF, .. Encoding.UTF8.GetBytes(Chat[^5..])], [0xFF, 0xFE, (byte)'{', 0]];
        foreach (var body in bodies)
        {
            using var response = await server.PostAsync(OpenAiApi.ChatRoute, new ByteArrayContent(body));
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("invalid_json", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]);
        }
    }

    [Theory]
    [InlineData(EngineError.TextNotExpressible, "text_not_expressible")]
    [InlineData(EngineError.ChatTemplateUnknown, "chat_template_unknown")]
    public async Task Post_TokenizerRefuses_IsRefusedByItsName(EngineError error, string code)
    {
        await using var server = await TestServer.StartAsync(new TestBackend { Tokenizer = new RefusingTokenizer(error) });
        using var response = await server.PostAsync(OpenAiApi.ChatRoute, Chat);
        var refusal = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((HttpStatusCode.BadRequest, code, "messages", "Send something else."), (response.StatusCode, (string?)refusal["code"], (string?)refusal["param"], (string?)refusal["message"]));
        Assert.Contains($"`{code}`", OpenAiPage.Markdown());
    }

    [Theory]
    [InlineData("/v1/models/other")]
    [InlineData("/v1/models/")]
    public async Task Models_UnknownId_IsNotFoundOrTheList(string route)
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        using var response = await server.Http.GetAsync(route);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        if (route.EndsWith('/')) Assert.Equal("list", (string?)body["object"]);
        else Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (response.StatusCode, (string?)body["error"]!["code"]));
    }

    private static string Add(string body, string more) => $"{body[..^1]},{more}}}";

    private sealed class RefusingTokenizer(EngineError error) : ITokenizer
    {
        private readonly ScriptedTokenizer _inner = new();

        public int VocabularySize => _inner.VocabularySize;

        public IReadOnlyList<int> EndOfGeneration => _inner.EndOfGeneration;

        public bool IsControl(int token) => _inner.IsControl(token);

        public int[] Encode(string text) => throw new EngineException(error, "Send something else.");

        public int[] EncodeChat(IReadOnlyList<ChatMessage> messages) => Encode("");

        public ReadOnlyMemory<byte> Bytes(int token) => _inner.Bytes(token);

        public ITokenMask Constrain(string grammar) => _inner.Constrain(grammar);
    }
}
