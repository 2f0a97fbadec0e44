using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using PdDevice.Device;
using PdDevice.Device.Http;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Http;

/// <summary>The device's own endpoint over real sockets, on the scripted engine.</summary>
public sealed class AnswerApiTests : IAsyncLifetime, IDisposable
{
    private readonly WebApplication _app = DeviceHost.Build(
        "127.0.0.1:0", new DeviceRuntime(new ScriptedEngine(), Scripted.DeviceRates, null, ["nothing"], false, TimeProvider.System));

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, Expect100ContinueTimeout = TestCloud.Patience });

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.First());
    }

    public void Dispose() => _http.Dispose();

    public async Task DisposeAsync()
    {
        Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Answers_PromptAlone_StreamsTokensAndOneEnd()
    {
        var events = await AskAsync("""{"prompt":"What is new?","maxTokens":20,"sampling":{"ignoreEndOfGeneration":true}}""");
        Assert.Equal(20, events.Count(e => e.EventType == "token"));
        var end = JsonDocument.Parse(Assert.Single(events, e => e.EventType == "end").Data).RootElement;
        Assert.Equal("end", events[^1].EventType);
        Assert.Equal(20, end.GetProperty("deviceTokens").GetInt32());
        Assert.Equal("length", end.GetProperty("finish").GetString());
        Assert.Equal(0, end.GetProperty("bytesLeft").GetInt32());
        Assert.Equal("device", JsonDocument.Parse(events.First(e => e.EventType == "token").Data).RootElement.GetProperty("source").GetString());
    }

    [Theory]
    [InlineData("{", "bad_json")]
    [InlineData("""{"prompt":"x","sampling":{"topP":0}}""", "topP")]
    [InlineData("""{"prompt":null}""", "bad_json")]
    [InlineData("""{"prompt":"x","way":2}""", "bad_json")]
    [InlineData("""{"prompt":"x","maxTokens":0}""", "at least one token")]
    [InlineData("""{"prompt":"x","unknown":1}""", "bad_json")]
    [InlineData("""{"prompt":"x","way":"cloudOnly"}""", "--cloud")]
    public async Task Answers_BadBody_RefusedByNameAndTheNextOneWorks(string body, string expected)
    {
        using var response = await PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync());
        Assert.Equal("end", (await AskAsync("""{"prompt":"x","maxTokens":3}"""))[^1].EventType);
    }

    [Fact]
    public async Task Answers_BodyComesSlowly_AnotherRequestIsAnsweredMeanwhile()
    {
        using var slow = new SlowBody("""{"prompt":"x","maxTokens":3}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, AnswerApi.AnswersRoute) { Content = slow };
        request.Headers.ExpectContinue = true; // the body begins when the device reads it
        var waiting = _http.SendAsync(request);
        await slow.Begun.WaitAsync(TestCloud.Patience);
        Assert.Equal("end", (await AskAsync("""{"prompt":"x","maxTokens":3}""").WaitAsync(TestCloud.Patience))[^1].EventType);
        slow.GoOn();
        using var response = await waiting.WaitAsync(TestCloud.Patience);
        Assert.Contains("event: end", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task AnyRoute_ForeignHostOrOrigin_Forbidden(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AnswerApi.DeviceRoute);
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Tokenize_NotUtf8_Refused()
    {
        using var response = await _http.PostAsync(AnswerApi.TokenizeRoute, new ByteArrayContent([0xFF, 0xFE, 0x41]));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _http.PostAsync(AnswerApi.AnswersRoute, new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<List<SseItem<string>>> AskAsync(string body)
    {
        using var response = await PostAsync(body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync()) events.Add(item);
        return events;
    }

    /// <summary>A body of which the last byte comes when it is told to.</summary>
    private sealed class SlowBody(string text) : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public void GoOn() => _goOn.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length - 1));
            await stream.FlushAsync();
            _begun.TrySetResult();
            await _goOn.Task;
            await stream.WriteAsync(bytes.AsMemory(bytes.Length - 1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
