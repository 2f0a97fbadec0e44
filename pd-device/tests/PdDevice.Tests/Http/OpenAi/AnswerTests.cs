using System.Text;
using System.Text.Json.Nodes;
using PdDevice.Http.OpenAi;

namespace PdDevice.Tests.Http.OpenAi;

/// <summary>What an answer says, whole and as a stream, over real sockets.</summary>
public sealed class AnswerTests
{
    private const string Long = "\"max_tokens\":60,\"ignore_eos\":true";

    public static TheoryData<string, string> Requests => new()
    {
        { OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":1") },
        { OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":200") },
        { OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"n\":3,\"temperature\":2") },
        { OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"logprobs\":true,\"top_logprobs\":3,\"n\":2,\"temperature\":4") },
        { OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"logprobs\":true,\"stop\":[\"an\",\", \"],\"min_tokens\":9") },
        { OpenAiApi.CompletionsRoute, TestServer.Completion() },
        { OpenAiApi.CompletionsRoute, TestServer.Completion($"{Long},\"stop\":\"island\"") },
        { OpenAiApi.CompletionsRoute, TestServer.Completion($"{Long},\"logprobs\":2,\"n\":2,\"temperature\":4,\"stop\":[\"n, \"]") },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Post_Streamed_AddsUpToTheWholeAnswer(string route, string body)
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        var whole = await server.AskAsync(route, body);
        var (events, done) = await server.StreamAsync(route, body[..^1] + ",\"stream_options\":{\"include_usage\":true}}");
        Assert.True(done);
        Assert.Equal(whole["usage"]!.ToJsonString(), events[^1]["usage"]!.ToJsonString());
        Assert.Empty(events[^1]["choices"]!.AsArray());
        Assert.Single(events.Select(e => $"{e["id"]}{e["model"]}{e["object"]}").Distinct());

        foreach (var choice in whole["choices"]!.AsArray())
        {
            var chunks = events.SelectMany(e => e["choices"]!.AsArray()).Where(c => (int)c!["index"]! == (int)choice!["index"]!).ToArray();
            Assert.Equal(Text(choice!), string.Concat(chunks.Select(c => Text(c!))));
            Assert.Equal((string?)choice!["finish_reason"], (string?)Assert.Single(chunks, c => c!["finish_reason"] is not null)!["finish_reason"]);
            Assert.NotNull(chunks[^1]!["finish_reason"]);
            Assert.Equal(Logged(choice), string.Concat(chunks.Select(c => Logged(c!))));
            if (route != OpenAiApi.ChatRoute) continue;
            Assert.Equal("assistant", (string?)Assert.Single(chunks, c => c!["delta"]!["role"] is not null)!["delta"]!["role"]);
            Assert.NotNull(chunks[0]!["delta"]!["role"]);
        }
    }

    [Fact]
    public async Task Chat_Whole_HasTheLiteralShape()
    {
        await using var server = await TestServer.StartAsync(new TestBackend { Cached = _ => 4 });
        using var response = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":2,\"temperature\":0"));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Matches(
            """^\{"id":"chatcmpl-[0-9a-f]{32}","object":"chat.completion","created":\d{10},"model":"scripted/test","choices":\[\{"index":0,"message":\{"role":"assistant","content":"[^"]+","refusal":null\},"logprobs":null,"finish_reason":"length"\}\],"usage":\{"prompt_tokens":20,"completion_tokens":2,"total_tokens":22,"prompt_tokens_details":\{"cached_tokens":4\}\}\}$""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Completions_Whole_HasTheLiteralShape()
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        using var response = await server.PostAsync(OpenAiApi.CompletionsRoute, TestServer.Completion("\"max_tokens\":1,\"logprobs\":0,\"temperature\":0"));
        Assert.Matches(
            """^\{"id":"cmpl-[0-9a-f]{32}","object":"text_completion","created":\d{10},"model":"scripted/test","choices":\[\{"index":0,"text":"([^"]+)","logprobs":\{"tokens":\["\1"\],"token_logprobs":\[(-[0-9.]+)\],"top_logprobs":\[\{"\1":\2\}\],"text_offset":\[0\]\},"finish_reason":"length"\}\],"usage":\{"prompt_tokens":16,"completion_tokens":1,"total_tokens":17,"prompt_tokens_details":\{"cached_tokens":0\}\}\}$""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_StopAcrossTokens_EndsBeforeItAndDrawsNoFurther()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend);
        var text = Text((await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat(Long)))["choices"]![0]!);
        for (var at = 1; at + 4 <= text.Length; at += 7)
        {
            var stop = text.Substring(at, 4);
            var answer = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"stop\":[{JsonValue.Create(stop).ToJsonString()},\"never there\"]"));
            Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], Text(answer["choices"]![0]!));
            Assert.Equal("stop", (string?)answer["choices"]![0]!["finish_reason"]);
            // Every token is shorter than twelve characters: what was drawn reaches the stop sequence and little further.
            Assert.InRange(backend.Drawn[0], 1, 60);
            Assert.Equal(backend.Drawn[0], (int)answer["usage"]!["completion_tokens"]!);
            if (at < text.Length / 2) Assert.InRange(backend.Drawn[0], 1, 40);
        }
    }

    [Fact]
    public async Task Post_SeveralChoices_ChoiceIDrawsWithSeedPlusI()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend);
        var several = await server.AskAsync(OpenAiApi.CompletionsRoute, TestServer.Completion($"{Long},\"n\":4,\"temperature\":1.5"));
        var texts = several["choices"]!.AsArray().Select(c => Text(c!)).ToArray();
        Assert.Equal(4, texts.Distinct().Count());
        Assert.Equal((16, 4 * 60), ((int)several["usage"]!["prompt_tokens"]!, (int)several["usage"]!["completion_tokens"]!));
        for (var i = 0; i < 4; i++)
        {
            var one = await server.AskAsync(OpenAiApi.CompletionsRoute, TestServer.Completion($"{Long},\"temperature\":1.5").Replace("\"seed\":7", $"\"seed\":{7 + i}"));
            Assert.Equal(texts[i], Text(one["choices"]![0]!));
        }

        Assert.Equal(0, backend.Running);
    }

    [Fact]
    public async Task Post_UsageOfSeveralChoices_AddsUpWhatTheDeviceSays()
    {
        var backend = new TestBackend { Cached = i => 10 - i, Usage = i => new PddUsage(3 + i, 2, 1, i == 0 ? 3 : null, 100) };
        await using var server = await TestServer.StartAsync(backend);
        var usage = (await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":5,\"ignore_eos\":true,\"n\":2")))["usage"]!;
        Assert.Equal(
            """{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":9},"pdd":{"cloudTokens":7,"deviceTokens":4,"cloudTokensUnused":2,"handoverIndex":3,"bytesLeft":200}}""",
            usage.ToJsonString());
    }

    [Fact]
    public async Task Post_Logprobs_AreOfTheRawLogitsWhateverTheSampling()
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        var answer = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"logprobs\":true,\"top_logprobs\":20,\"temperature\":3,\"frequency_penalty\":1"));
        var content = answer["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.Equal(60, content.Count);
        Assert.Equal(Text(answer["choices"]![0]!), Encoding.UTF8.GetString([.. content.SelectMany(t => t!["bytes"]!.AsArray().Select(b => (byte)(int)b!))]));
        foreach (var token in content)
        {
            var top = token!["top_logprobs"]!.AsArray().Select(t => (double)t!["logprob"]!).ToArray();
            Assert.Equal(top.OrderDescending(), top);
            Assert.InRange(top.Sum(Math.Exp), 0.1, 1);
            Assert.True((double)token["logprob"]! <= top[0]);
        }

        // Others are drawn without the penalty, but the first token's logits are the same, and so is what is said of them.
        var plain = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":1,\"logprobs\":true,\"top_logprobs\":20,\"temperature\":0"));
        var first = plain["choices"]![0]!["logprobs"]!["content"]![0]!;
        Assert.Equal(content[0]!["top_logprobs"]!.ToJsonString(), first["top_logprobs"]!.ToJsonString());
        Assert.Equal((double)first["logprob"]!, (double)first["top_logprobs"]![0]!["logprob"]!);
    }

    [Fact]
    public async Task Post_MinTokens_HoldsBackTheEndAndStopSequences()
    {
        await using var server = await TestServer.StartAsync(new TestBackend());
        var free = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":3000"));
        Assert.InRange((int)free["usage"]!["completion_tokens"]!, 0, 2999); // ends by itself
        var held = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":3000,\"min_tokens\":3000"));
        Assert.Equal((3000, "length"), ((int)held["usage"]!["completion_tokens"]!, (string?)held["choices"]![0]!["finish_reason"]));
        var stopped = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat($"{Long},\"stop\":\" \",\"min_tokens\":20"));
        Assert.InRange((int)stopped["usage"]!["completion_tokens"]!, 21, 25);
        Assert.Contains(' ', Text(stopped["choices"]![0]!));
    }

    [Theory]
    [InlineData("scripted/test")]
    [InlineData("scripted%2Ftest")]
    public async Task Models_OneById_IsTheListsOnlyOne(string id)
    {
        await using var server = await TestServer.StartAsync(new TestBackend { ContextTokens = 512 });
        var list = JsonNode.Parse(await server.Http.GetStringAsync(OpenAiApi.ModelsRoute))!;
        Assert.Equal("list", (string?)list["object"]);
        var model = Assert.Single(list["data"]!.AsArray())!;
        Assert.Equal((TestBackend.Name, "model", 512), ((string?)model["id"], (string?)model["object"], (int)model["max_model_len"]!));
        Assert.Equal(model.ToJsonString(), await server.Http.GetStringAsync($"{OpenAiApi.ModelsRoute}/{id}"));
    }

    private static string Text(JsonNode choice) => (string?)(choice["text"] ?? (choice["message"] ?? choice["delta"])!["content"]) ?? "";

    /// <summary>The tokens of a choice's logprobs in an order that can be added up, whichever the shape.</summary>
    private static string Logged(JsonNode choice) => choice["logprobs"] switch
    {
        null => "",
        { } chat when chat["content"] is JsonArray content => string.Concat(content.Select(t => t!.ToJsonString() + "\n")),
        var text => string.Concat(text["tokens"]!.AsArray().Select((token, i) =>
            $"{token} {text["token_logprobs"]![i]} {text["top_logprobs"]![i]!.ToJsonString()} {text["text_offset"]![i]}\n")),
    };
}
