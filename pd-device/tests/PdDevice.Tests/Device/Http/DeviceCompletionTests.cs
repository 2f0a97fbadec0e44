using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Http;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Http;

/// <summary>What the device adds to the OpenAI API, over real sockets to a real cloud.</summary>
[Collection("Engine")]
public sealed class DeviceCompletionTests : IAsyncLifetime, IDisposable
{
    private static readonly EngineRates Rates = new(400, 40);

    private TestCloud _cloud = null!;
    private HttpAssistClient _client = null!;
    private DeviceRuntime _device = null!;
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _cloud = await TestCloud.StartAsync(new ScriptedEngine(4));
        _client = new HttpAssistClient(_cloud.Http.BaseAddress!, EmulatedLinkOptions.None, TimeProvider.System);
        _device = new DeviceRuntime(new PacedEngine(new ScriptedEngine(), Rates, TimeProvider.System), Rates, _client, [], false, TimeProvider.System)
        {
            Policy = new AnswerPolicy
            {
                TargetTtft = TimeSpan.Zero,
                Refine = RefineMode.On, // and only tasks bear a ratio
                Quality = new RefinementQuality([], new Dictionary<string, RefinementQuality> { ["list"] = new([]), ["code"] = new([new RatioQuality(0.3, 0, -1, 500)]) }),
                Patience = new CloudPatience { Connect = TestCloud.Patience, FirstTokenFloor = TestCloud.Patience, Stall = TestCloud.Patience }, // on a loaded machine too
            },
        };
        _app = DeviceHost.Build("127.0.0.1:0", _device);
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async Task DisposeAsync()
    {
        Dispose();
        await _app.DisposeAsync();
        await _cloud.DisposeAsync();
    }

    public void Dispose()
    {
        _http.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Complete_CloudHelps_UsageSaysWhichSideMadeWhat()
    {
        var answer = await AskAsync(Text(600), 100);
        var pdd = answer["usage"]!["pdd"]!;
        var (cloud, device) = (pdd["cloudTokens"]!.GetValue<int>(), pdd["deviceTokens"]!.GetValue<int>());
        Assert.Equal((100, 100), (cloud + device, answer["usage"]!["completion_tokens"]!.GetValue<int>()));
        Assert.InRange(cloud, 1, 99);
        Assert.Equal(cloud, pdd["handoverIndex"]!.GetValue<int>());
        Assert.InRange(pdd["bytesLeft"]!.GetValue<int>(), 600, 100_000);
        Assert.Equal(answer["choices"]![0]!["text"]!.ToString(), (await AskAsync(Text(600), 100, header: "off"))["choices"]![0]!["text"]!.ToString());
    }

    // Invariant 7: nothing leaves when a request says so.
    [Fact]
    public async Task Complete_HeaderOff_NothingLeaves()
    {
        var before = _client.BytesSent;
        var pdd = (await AskAsync(Text(600), 20, header: "off"))["usage"]!["pdd"]!;
        Assert.Equal((0, 20, 0), (pdd["cloudTokens"]!.GetValue<int>(), pdd["deviceTokens"]!.GetValue<int>(), pdd["bytesLeft"]!.GetValue<int>()));
        Assert.Equal(before, _client.BytesSent);
    }

    [Fact]
    public async Task Complete_Logprobs_AreTheDevicesOwnForEveryToken()
    {
        var answer = await AskAsync(Text(600), 20, logprobs: 2);
        Assert.Equal(20, answer["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray().Count);
        Assert.Equal(20, answer["usage"]!["pdd"]!["deviceTokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Complete_Deterministic_TheDeviceMakesItAloneAndSaysSo()
    {
        var before = _client.BytesSent;
        using var response = await PostAsync(Text(600), 20, null, null, null, deterministic: true);
        Assert.Equal("deterministic", response.Headers.GetValues("Pdd-Alone").Single());
        var pdd = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["usage"]!["pdd"]!;
        Assert.Equal((0, 20), (pdd["cloudTokens"]!.GetValue<int>(), pdd["deviceTokens"]!.GetValue<int>()));
        Assert.Equal(before, _client.BytesSent);
        using var refused = await PostAsync(Text(600), 20, "required", null, null, deterministic: true);
        Assert.Equal("bad_header", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.ToString());
        using var both = await PostAsync(Text(600), 20, null, null, null);
        Assert.False(both.Headers.Contains("Pdd-Alone"));
    }

    [Fact]
    public async Task Complete_NextTurn_OnlyWhatIsNewIsPrefilledAndTheCloudIsNotAsked()
    {
        var first = await AskAsync(Text(600), 20, header: "off");
        Assert.Equal(0, Cached(first));
        var second = await AskAsync(Text(600) + first["choices"]![0]!["text"] + " And then?", 20);
        Assert.InRange(Cached(second), 590, 10_000);
        Assert.Equal(0, second["usage"]!["pdd"]!["cloudTokens"]!.GetValue<int>());

        static int Cached(JsonNode answer) => answer["usage"]!["prompt_tokens_details"]!["cached_tokens"]!.GetValue<int>();
    }

    [Fact]
    public async Task Complete_StopFoundInACloudToken_UsageCountsWhatWasShown()
    {
        var whole = (await AskAsync(Text(600), 100, header: "off"))["choices"]![0]!["text"]!.ToString();
        var other = "Q" + Text(600)[1..]; // asked for the first time, so that the cloud is worth asking
        var text = (await AskAsync(other, 100))["choices"]![0]!["text"]!.ToString();
        Assert.NotEqual(whole, text);
        _ = await AskAsync(Text(600), 1, header: "off");
        var stopped = await AskAsync("R" + Text(600)[1..], 100, stop: "e");
        var pdd = stopped["usage"]!["pdd"]!;
        Assert.Equal("stop", stopped["choices"]![0]!["finish_reason"]!.ToString());
        Assert.InRange(pdd["cloudTokens"]!.GetValue<int>() + pdd["deviceTokens"]!.GetValue<int>(), 1, 99);
    }

    [Fact]
    public async Task Complete_StopFound_NobodyFailedAndTheConversationIsCompletedWhileIdle()
    {
        using var counted = new CountedFailures(_device.Metrics);
        var stopped = await AskAsync(Text(600), 100, header: "required", stop: "e");
        Assert.Equal("stop", stopped["choices"]![0]!["finish_reason"]!.ToString());
        using var patience = new CancellationTokenSource(TestCloud.Patience);
        while (counted.Completed == 0) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        Assert.Empty(counted.Places);
    }

    // Invariant 7: what one choice says has left is its own, and all of them together is what left.
    [Fact]
    public async Task Complete_SeveralChoicesStopped_BytesLeftAreThoseThatLeft()
    {
        _ = await AskAsync("Q" + Text(600)[1..], 1, header: "required"); // a connection is there, and the identity known
        var before = _client.BytesSent;
        var answer = await AskAsync(Text(600), 100, header: "required", stop: "e", n: 2);
        Assert.Equal(["stop", "stop"], answer["choices"]!.AsArray().Select(choice => choice!["finish_reason"]!.ToString()));
        Assert.InRange(answer["usage"]!["pdd"]!["cloudTokens"]!.GetValue<int>(), 2, 200);
        Assert.Equal(_client.BytesSent - before, answer["usage"]!["pdd"]!["bytesLeft"]!.GetValue<long>());
    }

    [Fact]
    public async Task Complete_KeepRatioAsked_UsageTellsWhatWasKeptAndCountsTheRawPrompt()
    {
        var random = new Random(1);
        var prompt = string.Concat(Enumerable.Range(0, 3500).Select(_ => (char)('a' + random.Next(26)))); // nine seconds of prefill: a refined prompt comes in time on any machine
        var answer = await AskAsync(prompt, 60, pdd: new JsonObject { ["keep_ratio"] = 0.3, ["protect"] = new JsonArray(prompt[1000..1100]) });
        var refined = answer["usage"]!["pdd"]!["refined"]!;
        var (raw, kept) = (refined["raw"]!.GetValue<int>(), refined["kept"]!.GetValue<int>());
        Assert.Equal(3500, answer["usage"]!["prompt_tokens"]!.GetValue<int>());
        Assert.InRange(raw, 0, 3000);
        Assert.InRange(kept, 32, (3500 - raw) / 2);
        Assert.InRange(refined["ratio"]!.GetValue<double>(), 0.3, 0.33);

        // The next turn may not use what was made from it.
        var next = await AskAsync(prompt, 1, header: "off");
        Assert.InRange(next["usage"]!["prompt_tokens_details"]!["cached_tokens"]!.GetValue<int>(), 0, 3499);
        Assert.Null((await AskAsync("R" + Text(600)[1..], 20))["usage"]!["pdd"]!["refined"]);
    }

    [Fact]
    public async Task Complete_MarksAroundWhatIsProtected_AreNotPartOfThePrompt()
    {
        var plain = Text(100);
        var marked = $"{plain[..40]}<pdd-keep>{plain[40..60]}</pdd-keep>{plain[60..]}";
        var (with, without) = (await AskAsync(marked, 10, header: "off"), await AskAsync(plain, 10, header: "off"));
        Assert.Equal(100, with["usage"]!["prompt_tokens"]!.GetValue<int>());
        Assert.Equal(without["choices"]![0]!["text"]!.ToString(), with["choices"]![0]!["text"]!.ToString());
    }

    [Fact]
    public async Task Complete_ProtectedTextThatIsNotThere_IsRefusedByNameAndNotQuoted()
    {
        using var response = await PostAsync(Text(100), 1, null, null, null, new JsonObject { ["protect"] = new JsonArray("secret words") });
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("not_in_prompt", error["code"]!.ToString());
        Assert.DoesNotContain("secret", error.ToJsonString());
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"scripted","prompt":"a","max_tokens":5,"pdd":{"task":"secret words"}}""", "unknown_task")]
    [InlineData("/v1/answers", """{"prompt":"a","maxTokens":5,"task":"secret words"}""", "UnknownTask")]
    public async Task Post_TaskThatWasNotMeasured_IsRefusedWithTheNamesOfThoseThatWere(string route, string body, string code)
    {
        foreach (var (task, status) in new[] { ("secret words", HttpStatusCode.BadRequest), ("list", HttpStatusCode.OK) })
        {
            using var content = new StringContent(body.Replace("secret words", task, StringComparison.Ordinal), null, "application/json");
            using var response = await _http.PostAsync(route, content);
            Assert.Equal(status, response.StatusCode);
            if (status == HttpStatusCode.OK) continue;
            var text = await response.Content.ReadAsStringAsync();
            Assert.Equal(code, JsonNode.Parse(text)!["error"]!["code"]!.ToString());
            Assert.Contains("code, list", text);
            Assert.DoesNotContain("secret", text);
        }
    }

    [Fact]
    public async Task Complete_TaskNamed_KeepsWhatThatTaskBears()
    {
        var random = new Random(2);
        var prompt = string.Concat(Enumerable.Range(0, 3500).Select(_ => (char)('a' + random.Next(26))));
        var code = await AskAsync(prompt, 60, pdd: new JsonObject { ["task"] = "code" });
        Assert.InRange(code["usage"]!["pdd"]!["refined"]!["ratio"]!.GetValue<double>(), 0.3, 0.33);
        var list = await AskAsync("R" + prompt[1..], 5, pdd: new JsonObject { ["task"] = "list" });
        Assert.Null(list["usage"]!["pdd"]!["refined"]);
    }

    [Fact]
    public async Task Complete_HeaderUnknown_IsRefusedByName()
    {
        using var response = await PostAsync("x", 1, "sometimes", null, null);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("bad_header", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.ToString());
    }

    private static string Text(int characters) => string.Concat(Enumerable.Range(0, characters).Select(i => (char)('a' + (i * i % 26))));

    private async Task<JsonNode> AskAsync(string prompt, int tokens, string? header = null, int? logprobs = null, string? stop = null, JsonObject? pdd = null, int n = 1)
    {
        using var response = await PostAsync(prompt, tokens, header, logprobs, stop, pdd, n: n);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return JsonNode.Parse(body)!;
    }

    private async Task<HttpResponseMessage> PostAsync(string prompt, int tokens, string? header, int? logprobs, string? stop, JsonObject? pdd = null, bool deterministic = false, int n = 1)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = "scripted", ["prompt"] = prompt, ["max_tokens"] = tokens, ["temperature"] = 0.8, ["seed"] = 5,
                ["ignore_eos"] = true, ["logprobs"] = logprobs, ["stop"] = stop, ["pdd"] = pdd, ["deterministic"] = deterministic, ["n"] = n,
            }),
        };
        if (header is not null) request.Headers.Add("Pdd-Cloud", header);
        return await _http.SendAsync(request);
    }
}
