using System.Net;
using System.Text;
using System.Text.Json;
using PdDevice.Cloud;
using PdDevice.Cloud.Http;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Telemetry;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>The assist API over real Kestrel and real sockets.</summary>
public sealed class AssistApiTests
{
    private const string Prints = "\"tokenizerFingerprint\":\"scripted-tokenizer\",\"weightsFingerprint\":\"scripted-weights\"";

    // No response may quote it; no other number or word of a response looks like it.
    private const string Secret = "171,172,173";
    private const string SecretWords = "the question asked";
    private static readonly string Good = Body();

    private static readonly (string What, HttpStatusCode Status, string Code, string Body)[] BadRequests =
    [
        ("empty body", HttpStatusCode.BadRequest, "bad_json", ""),
        ("null", HttpStatusCode.BadRequest, "bad_json", "null"),
        ("not JSON", HttpStatusCode.BadRequest, "bad_json", $"{SecretWords} {Secret}"),
        ("cut short", HttpStatusCode.BadRequest, "bad_json", Good[..^1]),
        ("more behind it", HttpStatusCode.BadRequest, "bad_json", Good + SecretWords),
        ("deep", HttpStatusCode.BadRequest, "bad_json", new string('[', 10_000)),
        ("deep prompt", HttpStatusCode.BadRequest, "bad_json", Body(prompt: new string('[', 10_000))),
        ("an array", HttpStatusCode.BadRequest, "bad_json", $"[{Secret}]"),
        ("prompt of text", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"\"{SecretWords}\"")),
        ("prompt of texts", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"[{Secret},\"{SecretWords}\"]")),
        ("prompt null", HttpStatusCode.BadRequest, "bad_json", Body(prompt: "null")),
        ("prompt holds null", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"[{Secret},null]")),
        ("committed null", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"committed\":null")),
        ("sampling null", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":null")),
        ("sampling is a number", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":1")),
        ("unknown field", HttpStatusCode.BadRequest, "bad_json", Body(more: $",\"{SecretWords}\":1")),
        ("no lease", HttpStatusCode.BadRequest, "bad_json", $$"""{ {{Prints}},"prompt":[{{Secret}}]}"""),
        ("lease of text", HttpStatusCode.BadRequest, "bad_json", Body(lease: "\"4\"")),
        ("lease too large for a number", HttpStatusCode.BadRequest, "bad_json", Body(lease: "99999999999999999999")),
        ("id too large for a number", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"[{Secret},4294967296]")),
        ("invalid surrogate", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"model\":\"\\ud800\"")),
        ("temperature NaN", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":{\"temperature\":NaN}")),
        ("temperature \"NaN\"", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":{\"temperature\":\"NaN\"}")),
        ("temperature 1e999", HttpStatusCode.BadRequest, "bad_sampling", Body(more: ",\"sampling\":{\"temperature\":1e999}")),
        ("temperature negative", HttpStatusCode.BadRequest, "bad_sampling", Body(more: ",\"sampling\":{\"temperature\":-1}")),
        ("topP 0", HttpStatusCode.BadRequest, "bad_sampling", Body(more: ",\"sampling\":{\"topP\":0}")),
        ("pace 1e999", HttpStatusCode.BadRequest, "bad_pace", Body(more: ",\"paceMs\":1e999")),
        ("pace negative", HttpStatusCode.BadRequest, "bad_pace", Body(more: ",\"paceMs\":-1")),
        ("lease negative", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "-1")),
        ("lease 0", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "0")),
        ("lease beyond the limit", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "1025")),
        ("prompt empty", HttpStatusCode.BadRequest, "empty_prompt", Body(prompt: "[]")),
        ("id beyond the vocabulary", HttpStatusCode.BadRequest, "bad_token", Body(prompt: $"[{Secret},295]")),
        ("id negative", HttpStatusCode.BadRequest, "bad_token", Body(prompt: $"[{Secret},-1]")),
        ("committed id beyond the vocabulary", HttpStatusCode.BadRequest, "bad_token", Body(more: ",\"committed\":[295]")),
        ("other tokenizer", HttpStatusCode.Conflict, "tokenizer_mismatch", Good.Replace("scripted-tokenizer", "other")),
        ("other weights", HttpStatusCode.Conflict, "weights_mismatch", Good.Replace("scripted-weights", "other")),
        ("committed beyond the context", HttpStatusCode.RequestEntityTooLarge, "context_exceeded", Body(more: $",\"committed\":[{string.Join(',', Enumerable.Repeat(7, 4096))}]")),
        ("prompt beyond the context", HttpStatusCode.RequestEntityTooLarge, "context_exceeded", Body(prompt: $"[{string.Join(',', Enumerable.Repeat(7, 4096))}]")),
        ("body beyond the limit", HttpStatusCode.RequestEntityTooLarge, "bad_request", Good + new string(' ', (int)AssistApi.MaxBody)),
    ];

    [Fact]
    public async Task Identity_Get_IsTheLoops()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(2, 512), new CloudOptions { MaxLease = 99 });
        Assert.Equal(
            """{"identity":{"model":"scripted","tokenizerFingerprint":"scripted-tokenizer","weightsFingerprint":"scripted-weights"},"contextTokens":512,"maxLease":99,"refinementOffered":false,"prefillTokensPerSecond":1000,"decodeTokensPerSecond":50}""",
            await cloud.Http.GetStringAsync("/v1/assist/identity"));
    }

    [Fact]
    public async Task Post_GoodRequest_StreamHasTheLiteralShape()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(Good);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.NoStore);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Matches(
            "^event: admitted\ndata: {\"id\":\"[0-9a-f]{32}\"}\n\n"
            + "event: token\ndata: {\"index\":0,\"id\":\\d+}\n\n"
            + "event: token\ndata: {\"index\":1,\"id\":\\d+}\n\n"
            + "event: end\ndata: {\"reason\":\"lease\",\"decodedTokens\":2,\"occupancyMs\":[0-9.E-]+}\n\n$",
            text);
    }

    [Fact]
    public async Task Post_OtherSideStillDecodes_EventsComeAsTheyHappen()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        await using var cloud = await TestCloud.StartAsync(new TestEngine(new ScriptedEngine()) { Before = _ => ++calls == 2 ? gate.Task : Task.CompletedTask });
        using var response = await cloud.PostAsync(Good);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: admitted", await NextAsync(reader));
        Assert.Equal("event: token", await NextAsync(reader)); // while the engine is held in its second call
        gate.SetResult();
        Assert.Equal("event: token", await NextAsync(reader));
        Assert.Equal("event: end", await NextAsync(reader));
    }

    [Fact]
    public async Task Delete_RunningAssist_StopsItAndReturnsTheReceipt()
    {
        await using var cloud = await TestCloud.StartAsync(Slow(), Endless);
        using var response = await cloud.PostAsync(Body(lease: "1000000"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var id = await AdmittedAsync(reader);
        await NextAsync(reader);

        var receipt = await DeleteAsync(cloud, id);
        Assert.Equal(AssistEndReason.Released, receipt.Reason);
        Assert.Equal(receipt, await DeleteAsync(cloud, id)); // ended: the same receipt
        var events = await reader.ReadToEndAsync();
        Assert.EndsWith($"event: end\ndata: {JsonSerializer.Serialize(receipt, WireJson.Default.AssistEnd)}\n\n", events);
        Assert.Equal(receipt.DecodedTokens, 1 + events.Split("event: token").Length - 1);
    }

    [Fact]
    public async Task Delete_SaysWhatWasUsed_TheRestIsCountedOnce()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(Body(lease: "9"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var id = await AdmittedAsync(reader);
        await reader.ReadToEndAsync();
        foreach (var used in (string[])["10", "-1", "+1", "1.0", "", "x", "99999999999999999999"])
        {
            using var refused = await cloud.Http.DeleteAsync($"/v1/assist/{id}?used={Uri.EscapeDataString(used)}");
            Assert.Equal((HttpStatusCode.BadRequest, "bad_used"), (refused.StatusCode, (await ErrorAsync(refused)).Code));
        }

        var receipt = await DeleteAsync(cloud, id); // says nothing
        Assert.Equal(0, NotUsed());
        foreach (var used in (string[])["2", "0", "9"])
        {
            Assert.Equal(receipt, await DeleteAsync(cloud, $"{id}?used={used}"));
            Assert.Equal(7, NotUsed());
        }

        double NotUsed() => PrometheusPage.Parse(cloud.Service.Metrics.Text.Read())["pdd_tokens_not_used_total"];
    }

    [Fact]
    public async Task Delete_RunningAssistWithBadUsed_StopsItAllTheSame()
    {
        await using var cloud = await TestCloud.StartAsync(Slow(), Endless);
        using var response = await cloud.PostAsync(Body(lease: "1000000"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var id = await AdmittedAsync(reader);
        using var refused = await cloud.Http.DeleteAsync($"/v1/assist/{id}?used=nonsense");
        Assert.Equal("bad_used", (await ErrorAsync(refused)).Code);
        Assert.Equal(AssistEndReason.Released, (await DeleteAsync(cloud, id)).Reason);
    }

    [Fact]
    public async Task Delete_UnknownAssist_IsNotFound()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.Http.DeleteAsync($"/v1/assist/{new string('0', 32)}");
        Assert.Equal((HttpStatusCode.NotFound, "no_such_assist"), (response.StatusCode, (await ErrorAsync(response)).Code));
    }

    [Fact]
    public async Task Post_ClientClosesTheStream_SlotIsFree()
    {
        await using var cloud = await TestCloud.StartAsync(Slow(), Endless);
        var response = await cloud.PostAsync(Body(lease: "1000000"));
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var assist = cloud.Service.Book.Running(await AdmittedAsync(reader), "")!;
        await NextAsync(reader);
        reader.Dispose();
        response.Dispose();

        await assist.Ended.WaitAsync(TestCloud.Patience);
        Assert.Equal(AssistEndReason.Released, assist.End!.Reason);
        using var next = await cloud.PostAsync(Good);
        Assert.Contains("\"reason\":\"lease\"", await next.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_AllPlacesTaken_IsBusyWithRetryAfter()
    {
        await using var cloud = await TestCloud.StartAsync(Slow(), Endless);
        using var running = await cloud.PostAsync(Body(lease: "1000000"));
        using var refused = await cloud.PostAsync(Good);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("busy", (await ErrorAsync(refused)).Code);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task State_AnyAssist_IsNotOffered()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.Http.GetAsync("/v1/assist/0af1/state?from=0");
        Assert.Equal((HttpStatusCode.NotFound, "not_offered"), (response.StatusCode, (await ErrorAsync(response)).Code));
    }

    // Invariant 10, and what a client sent is not repeated to whoever reads the response or its log.
    [Fact]
    public async Task Post_BadRequests_AreRefusedByNameWithoutAQuoteAndServingGoesOn()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(), new CloudOptions { Slots = 1, QueueLength = 0 });
        foreach (var (what, status, code, body) in BadRequests)
        {
            using var response = await cloud.PostAsync(body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == status, $"{what}: {response.StatusCode} {text}");
            var error = JsonSerializer.Deserialize(text, WireJson.Default.WireErrorBody)!.Error;
            Assert.True(error.Code == code, $"{what}: {text}");
            Assert.NotEmpty(error.Message);
            Assert.True(error.Message.Length < 400 && !error.Message.Any(char.IsControl), what);
            Assert.DoesNotContain(Secret, text);
            Assert.DoesNotContain(SecretWords, text);
        }

        using var good = await cloud.PostAsync(Good);
        Assert.Contains("\"reason\":\"lease\"", await good.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_BodyIsNotUtf8_IsRefused()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(new ByteArrayContent([.. Encoding.UTF8.GetBytes(Good[..^1] + ",\"model\":\""), 0xff, 0xfe, .. "\"}"u8]));
        Assert.Equal((HttpStatusCode.BadRequest, "bad_json"), (response.StatusCode, (await ErrorAsync(response)).Code));
    }

    [Fact]
    public async Task Post_FieldOfTheWrongType_SaysWhere()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(Body(lease: "\"4\""));
        Assert.Contains("Look at lease", (await ErrorAsync(response)).Message);
    }

    /// <summary>One slot, no queue, and leases that do not end by themselves within a test.</summary>
    private static CloudOptions Endless => new() { Slots = 1, QueueLength = 0, MaxLease = 1_000_000 };

    private static TestEngine Slow() => new(new ScriptedEngine(1, 2_000_000))
    {
        Before = _ => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System),
    };

    private static string Body(string prompt = $"[{Secret}]", string lease = "2", string more = "") =>
        $$"""{ {{Prints}},"prompt":{{prompt}},"lease":{{lease}}{{(more.Contains("sampling") ? "" : ",\"sampling\":{\"ignoreEndOfGeneration\":true}")}}{{more}}}""";

    private static async Task<WireError> ErrorAsync(HttpResponseMessage response) =>
        JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), WireJson.Default.WireErrorBody)!.Error;

    private static async Task<AssistEnd> DeleteAsync(TestCloud cloud, string id)
    {
        using var response = await cloud.Http.DeleteAsync($"/v1/assist/{id}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), WireJson.Default.AssistEnd)!;
    }

    private static async Task<string> AdmittedAsync(StreamReader reader)
    {
        Assert.Equal("event: admitted", await reader.ReadLineAsync());
        var data = (await reader.ReadLineAsync())!["data: ".Length..];
        Assert.Equal("", await reader.ReadLineAsync());
        return JsonSerializer.Deserialize(data, WireJson.Default.AssistAdmitted)!.Id;
    }

    /// <summary>Reads one event and returns its first line.</summary>
    private static async Task<string?> NextAsync(StreamReader reader)
    {
        var name = await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        return name;
    }
}
