using System.Net;
using System.Text;
using System.Text.Json;
using PdDevice.Cloud;
using PdDevice.Core.Admission;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Telemetry;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>The assist API over real Kestrel and real sockets.</summary>
public sealed class AssistApiTests
{
    private static readonly string Good = Body();

    [Fact]
    public async Task Identity_Get_IsTheLoops()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(2, 512), new CloudOptions { MaxLease = 99, MaxTotal = 500 });
        Assert.Equal(
            """{"identity":{"model":"scripted","tokenizerFingerprint":"scripted-tokenizer","weightsFingerprint":"scripted-weights"},"contextTokens":512,"maxLease":99,"refinementOffered":true,"prefillTokensPerSecond":1000,"decodeTokensPerSecond":50,"maxTotal":500}""",
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
    public async Task Post_WishForARefinedPrompt_ItComesBeforeTheFirstToken()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(AssistBodies.Body(prompt: $"[{string.Join(',', Enumerable.Repeat(40, 200))}]", more: ",\"refine\":{\"keepRatio\":0.3,\"protected\":[77,2]}"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.Matches(
            "^event: admitted\ndata: {\"id\":\"[0-9a-f]{32}\"}\n\n"
            + "event: refined\ndata: {\"kept\":\\[0,[0-9,]+\\]}\n\n"
            + "event: token\ndata: {\"index\":0,\"id\":\\d+}\n\n"
            + "event: token\ndata: {\"index\":1,\"id\":\\d+}\n\n"
            + "event: end\n",
            text);
        Assert.Equal(1, text.Split("event: refined").Length - 1);
    }

    [Fact]
    public async Task Post_WishWhereRefinementIsOff_IsRefusedByName()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(), new CloudOptions { Refinement = false });
        Assert.Contains("\"refinementOffered\":false", await cloud.Http.GetStringAsync("/v1/assist/identity"));
        using var response = await cloud.PostAsync(AssistBodies.Body(more: ",\"refine\":{\"keepRatio\":0.3}"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("not_offered", (await ErrorAsync(response)).Code);
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
        Assert.Equal(RetryAfter.Longest, refused.Headers.RetryAfter?.Delta); // a million tokens are ahead
    }

    [Fact]
    public async Task State_AnyAssist_IsNotThere()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.Http.GetAsync("/v1/assist/0af1/state?from=0");
        Assert.Equal((HttpStatusCode.NotFound, "no_such_state"), (response.StatusCode, (await ErrorAsync(response)).Code));
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
    private static CloudOptions Endless => new() { Slots = 1, QueueLength = 0, MaxLease = 1_000_000, MaxTotal = 1_000_000 };

    private static TestEngine Slow() => new(new ScriptedEngine(1, 2_000_000))
    {
        Before = _ => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System),
    };

    private static string Body(string lease = "2", string more = "") => AssistBodies.Body(lease: lease, more: more);

    private static async Task<AssistEnd> DeleteAsync(TestCloud cloud, string id)
    {
        using var response = await cloud.Http.DeleteAsync($"/v1/assist/{id}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), WireJson.Default.AssistEnd)!;
    }
}
