using System.Net;
using System.Text.Json.Nodes;
using PdDevice.Http.OpenAi;

namespace PdDevice.Tests.Http.OpenAi;

/// <summary>Clients that leave, backends that wait, refuse and fail.</summary>
public sealed class BreakTests
{
    private const string Endless = "\"max_tokens\":1000000,\"ignore_eos\":true,\"n\":3";

    private static readonly CompletionFailedException Failure = new(503, "preempted", "The server needs the slot. Ask again.");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_ClientLeaves_EveryChoiceIsLetGo(bool stream)
    {
        var drawing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var backend = new TestBackend { ContextTokens = 2_000_000, Before = (_, index) => { if (index == 5) drawing.TrySetResult(); return Task.CompletedTask; } };
        await using var server = await TestServer.StartAsync(backend);
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, OpenAiApi.ChatRoute);
        request.Content = new StringContent(TestServer.Chat($"{Endless},\"stream\":{(stream ? "true" : "false")}"));
        var answer = server.Http.SendAsync(request, HttpCompletionOption.ResponseContentRead, leave.Token);
        await drawing.Task.WaitAsync(TestServer.Patience);
        Assert.Equal(3, backend.Running);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await backend.FreeAsync().WaitAsync(TestServer.Patience);
    }

    [Fact]
    public async Task Post_ClientLeavesBeforeAnyToken_EveryChoiceIsLetGo()
    {
        var backend = new TestBackend { Before = (_, _) => new TaskCompletionSource().Task };
        await using var server = await TestServer.StartAsync(backend, new OpenAiOptions { Heartbeat = TimeSpan.FromMilliseconds(1) });
        var response = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat($"{Endless},\"stream\":true"));
        Assert.Equal(3, backend.Running);
        response.Dispose();
        await backend.FreeAsync().WaitAsync(TestServer.Patience);
    }

    [Fact]
    public async Task Post_ClientLeavesAsItBegins_EveryChoiceIsLetGo()
    {
        var begun = 0;
        var backend = new TestBackend { Begun = context => { begun++; context.Abort(); } };
        await using var server = await TestServer.StartAsync(backend);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat($"{Endless},\"stream\":true")));
        await backend.FreeAsync().WaitAsync(TestServer.Patience);
        Assert.Equal(1, begun);
    }

    [Fact]
    public async Task Post_NoTokenYet_CommentsComeUntilTheFirstOne()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await TestServer.StartAsync(
            new TestBackend { Before = (_, index) => index == 0 ? first.Task : Task.CompletedTask }, new OpenAiOptions { Heartbeat = TimeSpan.FromMilliseconds(1) });
        using var response = await server.PostAsync(OpenAiApi.CompletionsRoute, TestServer.Completion("\"stream\":true,\"ignore_eos\":true"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var comments = 0; comments < 3; comments++)
        {
            Assert.StartsWith(":", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }

        first.SetResult();
        var lines = (await reader.ReadToEndAsync()).Split('\n');
        var token = Array.FindIndex(lines, line => line.StartsWith("data: ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines[(token + 2)..], line => line.StartsWith(':')); // one may have been on its way with the first token
        Assert.Equal("data: [DONE]", lines[^3]);
    }

    [Fact]
    public async Task Post_NoHeartbeatWanted_StreamBeginsAtOnceAndHoldsNoComment()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await TestServer.StartAsync(new TestBackend { Before = (_, _) => first.Task });
        using var response = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"stream\":true,\"max_tokens\":1"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains("\"role\":\"assistant\"", await reader.ReadLineAsync()); // while the backend is held
        first.SetResult();
        Assert.DoesNotContain("\n:", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Post_BackendFailsInMidStream_ErrorEventAndNoDoneAndAllChoicesLetGo()
    {
        var backend = new TestBackend();
        await using var server = await TestServer.StartAsync(backend);
        var whole = await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":4,\"n\":2,\"ignore_eos\":true"));
        backend.Before = (choice, index) => index < 4 ? Task.CompletedTask : choice == 1 ? Task.FromException(Failure) : new TaskCompletionSource().Task; // the others never end by themselves
        var (events, done) = await server.StreamAsync(OpenAiApi.ChatRoute, TestServer.Chat(Endless));
        Assert.False(done);
        Assert.Equal("""{"message":"The server needs the slot. Ask again.","type":"server_error","param":null,"code":"preempted"}""", events[^1]["error"]!.ToJsonString());
        Assert.DoesNotContain(events[..^1], e => e["error"] is not null);
        var shown = string.Concat(events[..^1].SelectMany(e => e["choices"]!.AsArray()).Where(c => (int)c!["index"]! == 1).Select(c => (string?)c!["delta"]!["content"]));
        var before = (string)whole["choices"]![1]!["message"]!["content"]!; // its last character may not have been complete
        Assert.True(before.StartsWith(shown, StringComparison.Ordinal) && shown.Length >= before.Length - 1, shown);
        Assert.Equal(0, backend.Running);
    }

    [Theory]
    [InlineData(true, "preempted", HttpStatusCode.ServiceUnavailable)]
    [InlineData(false, "internal_error", HttpStatusCode.InternalServerError)]
    public async Task Post_BackendFailsBeforeAnythingWasSent_StatusAndErrorObject(bool foreseen, string code, HttpStatusCode status)
    {
        var backend = new TestBackend { Before = (_, index) => index == 4 ? Task.FromException(foreseen ? Failure : new InvalidDataException("the question asked")) : Task.CompletedTask };
        await using var server = await TestServer.StartAsync(backend);
        using var response = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat(Endless));
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((status, code), (response.StatusCode, (string?)JsonNode.Parse(text)!["error"]!["code"]));
        Assert.DoesNotContain("the question asked", text);
        Assert.Equal(0, backend.Running);
    }

    [Fact]
    public async Task Post_BackendRefuses_StatusRetryAfterAndErrorObject()
    {
        var backend = new TestBackend { Refusal = new CompletionRefusedException(503, "busy", "All slots are taken. Try again.", retryAfterSeconds: 7) };
        await using var server = await TestServer.StartAsync(backend);
        using var response = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"stream\":true"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        Assert.Equal("""{"error":{"message":"All slots are taken. Try again.","type":"server_error","param":null,"code":"busy"}}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnyRoute_ModelStillLoads_RefusedAndServedAfterwards()
    {
        var backend = new TestBackend { Loading = new CompletionRefusedException(503, "loading", "The model is loading.", retryAfterSeconds: 1) };
        await using var server = await TestServer.StartAsync(backend);
        foreach (var route in new[] { OpenAiApi.ModelsRoute, $"{OpenAiApi.ModelsRoute}/{TestBackend.Name}" })
        {
            using var models = await server.Http.GetAsync(route);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (models.StatusCode, models.Headers.RetryAfter?.Delta));
        }

        using var refused = await server.PostAsync(OpenAiApi.ChatRoute, TestServer.Chat());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        backend.Loading = null;
        Assert.NotNull((await server.AskAsync(OpenAiApi.ChatRoute, TestServer.Chat("\"max_tokens\":1")))["choices"]);
    }
}
