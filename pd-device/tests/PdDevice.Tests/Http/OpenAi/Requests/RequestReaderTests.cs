using PdDevice.Core.Sampling;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;

namespace PdDevice.Tests.Http.OpenAi.Requests;

/// <summary>What the backend is asked for what a client sent.</summary>
public sealed class RequestReaderTests
{
    [Fact]
    public async Task Post_NoLimit_TakesTheStatedDefaultOrWhatTheContextLeaves()
    {
        var backend = new TestBackend { ContextTokens = 100_000 };
        await using var server = await TestServer.StartAsync(backend);
        foreach (var (route, body, expected) in new[]
        {
            (OpenAiApi.ChatRoute, TestServer.Chat(), 4096),
            (OpenAiApi.CompletionsRoute, TestServer.Completion(), 16),
            (OpenAiApi.ChatRoute, TestServer.Chat("\"max_completion_tokens\":1000000"), 100_000 - 20),
        })
        {
            await server.AskAsync(route, body);
            Assert.Equal(expected, backend.Last!.MaxTokens);
        }
    }

    [Fact]
    public async Task Post_AllFields_ReachTheBackend()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend, new OpenAiOptions { NewSeed = () => 99 });
        const string sampling = "\"max_tokens\":3,\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.1,\"repetition_penalty\":1.1,\"frequency_penalty\":0.2,\"presence_penalty\":0.3,\"min_tokens\":2,\"ignore_eos\":true,\"n\":2";
        await server.AskAsync(OpenAiApi.CompletionsRoute, TestServer.Completion($"{sampling},\"logprobs\":4", "[5,6,7]").Replace("\"seed\":7,", ""));
        Assert.Equal(
            new SamplingOptions(0.5, 40, 0.9, 0.1, 1.1, 0.2, 0.3, 99, IgnoreEndOfGeneration: true, MinTokens: 2), backend.Last!.Sampling);
        Assert.Equal((3, 2, 4), (backend.Last.MaxTokens, backend.Last.Choices, backend.Last.TopLogprobs));
        Assert.Equal([5, 6, 7], backend.Last.Prompt);
        await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":1").Replace("\"seed\":7", "\"seed\":-1"));
        Assert.Equal(new SamplingOptions(Temperature: 1, Seed: ulong.MaxValue), backend.Last.Sampling);
        Assert.Equal(0UL, backend.Last.SamplingOf(1).Seed); // choice 1 of the last seed there is
        Assert.Null(backend.Last.TopLogprobs);
    }

    [Fact]
    public async Task Post_Messages_AreTheConversationInTheModelsTemplate()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend);
        await server.AskAsync(OpenAiApi.ChatRoute, $$"""
            {"model":"{{TestBackend.Name}}","max_tokens":1,"messages":[{"role":"developer","content":"Be brief."},
            {"role":"user","content":[{"type":"text","text":"One"},{"type":"text","text":"two 🐼"}]},{"role":"assistant","content":"","refusal":null,"tool_calls":[]},{"role":"user","content":"And?"}]}
            """);
        Assert.Equal(
            backend.Tokenizer.EncodeChat([new ChatMessage("system", "Be brief."), new ChatMessage("user", "One\ntwo 🐼"), new ChatMessage("assistant", ""), new ChatMessage("user", "And?")]),
            backend.Last!.Prompt);
    }

    [Theory]
    [InlineData("\"abc\"")]
    [InlineData("[\"abc\"]")]
    [InlineData("[97,98,99]")]
    [InlineData("[[97,98.0,99]]")]
    public async Task Post_PromptInAnyForm_IsTheSamePrompt(string prompt)
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend);
        await server.AskAsync(OpenAiApi.CompletionsRoute, TestServer.Completion(prompt: prompt));
        Assert.Equal([97, 98, 99], backend.Last!.Prompt);
    }
}
