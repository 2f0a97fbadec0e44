using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PdDevice.Cloud;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>What the cloud makes of plain requests, beyond what every backend does.</summary>
[Collection("Engine")]
public sealed class CompletionBackendTests
{
    [Fact]
    public async Task Complete_StopFound_EndsTheGenerationAsAStopAndFreesItsSlot()
    {
        // Slow enough that 2,000 tokens cannot be there before the stop is found.
        await using var cloud = await TestCloud.StartAsync(new PacedEngine(new ScriptedEngine(4), new EngineRates(100_000, 200), TimeProvider.System));
        var whole = await AskAsync(cloud, 200);
        var text = whole["choices"]![0]!["text"]!.GetValue<string>();
        var before = cloud.Service.Book.All.Count;
        var stopped = await AskAsync(cloud, 2000, text.Substring(40, 6));
        Assert.Equal("stop", stopped["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.Equal(0, before);
        while (cloud.Service.Book.All.Count > 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);

        var page = await cloud.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)); // counted before it left the book
        Assert.Contains("vllm:request_success_total{model_name=\"scripted\",finished_reason=\"stop\"} 1", page);
        Assert.DoesNotContain("finished_reason=\"abort\"} 1", page);
    }

    [Fact]
    public async Task StartAsync_SamePromptAgain_UsageSaysWhatWasNotPrefilledAgain()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(4));
        var first = await AskAsync(cloud, 5);
        var again = await AskAsync(cloud, 5);
        var prompt = first["usage"]!["prompt_tokens"]!.GetValue<int>();
        Assert.Equal(0, first["usage"]!["prompt_tokens_details"]!["cached_tokens"]!.GetValue<int>());
        Assert.Equal(prompt - 1, again["usage"]!["prompt_tokens_details"]!["cached_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task StartAsync_PlacesTaken_IsRefusedWithRetryAfterAndServedLater()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = new TestEngine(new ScriptedEngine(1)) { Before = _ => hold.Task };
        await using var cloud = await TestCloud.StartAsync(engine, new CloudOptions { Slots = 1, QueueLength = 1 });
        var running = (Task<HttpResponseMessage>[])[PostAsync(cloud, 5), PostAsync(cloud, 5)];
        while (cloud.Service.Book.All.Count < 2) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        using (var refused = await PostAsync(cloud, 5))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 300);
            Assert.Equal("busy", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
        }

        hold.SetResult();
        foreach (var response in await Task.WhenAll(running)) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task AnyRoute_Refused_HasOpenAisErrorObjectAndIsCountedOnce()
    {
        using var keys = new KeyFixture(("one", default));
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(1), new CloudOptions { Slots = 1 }, keys.Ring);
        using (var closed = await PostAsync(cloud, 5)) Assert.Equal(("no_key", "authentication_error"), await ErrorAsync(closed));
        cloud.Http.DefaultRequestHeaders.Authorization = new("Bearer", keys["one"]);
        using (var unknown = await cloud.Http.PostAsync(new Uri("/v1/completions", UriKind.Relative), JsonContent.Create(new JsonObject { ["model"] = "scripted", ["prompt"] = "x", ["nonsense"] = 1 })))
            Assert.Equal(("unknown_field", "invalid_request_error"), await ErrorAsync(unknown));
        await cloud.Service.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        using (var draining = await PostAsync(cloud, 5)) Assert.Equal("draining", (await ErrorAsync(draining)).Code);
        var page = await cloud.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        foreach (var code in (string[])["no_key", "unknown_field", "draining"])
            Assert.Contains($"pdd_refusals_total{{model_name=\"scripted\",reason=\"{code}\"}} 1", page);
    }

    [Fact]
    public async Task Tokens_Preempted_TheStreamEndsWithAnErrorThatSaysSo()
    {
        await using var cloud = await TestCloud.StartAsync(new PacedEngine(new ScriptedEngine(1), new PdDevice.Core.Planning.EngineRates(10_000, 200), TimeProvider.System));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = Body(4000, stream: true) };
        using var response = await cloud.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await reader.ReadLineAsync());
        foreach (var generation in cloud.Service.Book.All) generation.Preempt();
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("\"code\":\"preempted\"", rest);
        Assert.DoesNotContain("[DONE]", rest);
    }

    private static async Task<JsonNode> AskAsync(TestCloud cloud, int tokens, string? stop = null)
    {
        using var response = await PostAsync(cloud, tokens, stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    private static async Task<(string Code, string Type)> ErrorAsync(HttpResponseMessage response)
    {
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        return (error["code"]!.GetValue<string>(), error["type"]!.GetValue<string>());
    }

    private static Task<HttpResponseMessage> PostAsync(TestCloud cloud, int tokens, string? stop = null) =>
        cloud.Http.PostAsync(new Uri("/v1/completions", UriKind.Relative), Body(tokens, stop));

    private static JsonContent Body(int tokens, string? stop = null, bool stream = false) => JsonContent.Create(new JsonObject
    {
        ["model"] = "scripted", ["prompt"] = "The quick brown fox jumps over the lazy dog, and then it does so again and again.",
        ["max_tokens"] = tokens, ["temperature"] = 0, ["ignore_eos"] = true, ["stop"] = stop, ["stream"] = stream,
    });
}
