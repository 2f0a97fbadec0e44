using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using PdDevice.Http.OpenAi;

namespace PdDevice.Tests.Http.OpenAi;

/// <summary>The OpenAI API over a backend, real Kestrel and real sockets, and a client of it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, HttpClient http) => (_app, Http) = (app, http);

    /// <summary>No answer in this time is a failure; no test waits for it otherwise.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public HttpClient Http { get; }

    public Uri Address => Http.BaseAddress!;

    public static async Task<TestServer> StartAsync(ICompletionBackend backend, OpenAiOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        OpenAiApi.Map(app, backend, options);
        await app.StartAsync();

        // A stream that is let go closes its connection at once instead of being drained.
        var http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0, Expect100ContinueTimeout = Patience, UseProxy = false })
        {
            BaseAddress = new Uri(app.Urls.Single()), Timeout = Patience,
        };
        return new TestServer(app, http);
    }

    /// <summary>Posts and returns as soon as the response begins.</summary>
    public async Task<HttpResponseMessage> PostAsync(string route, HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = body };
        request.Headers.ExpectContinue = true; // a refusal comes before a body that is too large is sent
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> PostAsync(string route, string body) => PostAsync(route, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>The answer as one object.</summary>
    public async Task<JsonNode> AskAsync(string route, string body)
    {
        using var response = await PostAsync(route, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>The answer's events; the last one that is not JSON, if any, is the [DONE].</summary>
    public async Task<(List<JsonNode> Events, bool Done)> StreamAsync(string route, string body)
    {
        using var response = await PostAsync(route, With(body, "\"stream\":true"));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        var events = new List<JsonNode>();
        var done = false;
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync(patience.Token))
        {
            Assert.False(done, "An event after [DONE].");
            Assert.Equal("message", item.EventType);
            if (item.Data == "[DONE]") done = true;
            else events.Add(JsonNode.Parse(item.Data)!);
        }

        return (events, done);
    }

    /// <summary>A chat's body, ended by its limit unless said otherwise.</summary>
    public static string Chat(string more = "", string question = "What is new?") => With(
        $$"""{"model":"{{TestBackend.Name}}","messages":[{"role":"user","content":"{{question}}"}],"seed":7}""", more);

    /// <summary>A completion's body.</summary>
    public static string Completion(string more = "", string prompt = "\"Once upon a time\"") => With(
        $$"""{"model":"{{TestBackend.Name}}","prompt":{{prompt}},"seed":7}""", more);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private static string With(string body, string more) => more.Length == 0 ? body : $"{body[..^1]},{more}}}";
}
