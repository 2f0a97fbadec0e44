using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Keys;
using PdDevice.Core.Admission;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>
/// The table of what a client may send that is no good (invariant 10): the status, the name, no word of the body in the
/// answer, and no effect on anybody else.
/// </summary>
[Collection("Engine")]
public sealed class BadRequestTests : IDisposable
{
    private const int Context = 4096;
    private const int Total = 3000; // so many steps that the stream outlasts the table
    private const string SecretWords = "the question asked";
    private static readonly string Good = Body();

    private static readonly (string What, HttpStatusCode Status, string Code, string Body)[] Bodies =
    [
        ("empty body", HttpStatusCode.BadRequest, "bad_json", ""),
        ("null", HttpStatusCode.BadRequest, "bad_json", "null"),
        ("not JSON", HttpStatusCode.BadRequest, "bad_json", $"{SecretWords} {Secret}"),
        ("cut short", HttpStatusCode.BadRequest, "bad_json", Good[..^1]),
        ("more behind it", HttpStatusCode.BadRequest, "bad_json", Good + SecretWords),
        ("deep", HttpStatusCode.BadRequest, "bad_json", new string('[', 10_000)),
        ("deep prompt", HttpStatusCode.BadRequest, "bad_json", Body(prompt: new string('[', 10_000))),
        ("deep objects", HttpStatusCode.BadRequest, "bad_json", Body(more: $",\"sampling\":{string.Concat(Enumerable.Repeat("{\"topK\":", 10_000))}1")),
        ("an array", HttpStatusCode.BadRequest, "bad_json", $"[{Secret}]"),
        ("prompt of text", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"\"{SecretWords}\"")),
        ("prompt of texts", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"[{Secret},\"{SecretWords}\"]")),
        ("prompt null", HttpStatusCode.BadRequest, "bad_json", Body(prompt: "null")),
        ("prompt holds null", HttpStatusCode.BadRequest, "bad_json", Body(prompt: $"[{Secret},null]")),
        ("committed null", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"committed\":null")),
        ("sampling null", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":null")),
        ("sampling is a number", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"sampling\":1")),
        ("unknown field", HttpStatusCode.BadRequest, "bad_json", Body(more: $",\"{SecretWords}\":1")),
        ("no lease", HttpStatusCode.BadRequest, "bad_json", Body(lease: null)),
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
        ("ready before it asks", HttpStatusCode.BadRequest, "bad_pace", Body(more: ",\"readyInMs\":-1")),
        ("refine is a switch", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"refine\":true")),
        ("refine without a ratio", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"refine\":{}")),
        ("keep ratio NaN", HttpStatusCode.BadRequest, "bad_json", Body(more: ",\"refine\":{\"keepRatio\":NaN}")),
        ("keep ratio 0", HttpStatusCode.BadRequest, "bad_refine", Refine("0")),
        ("keep ratio 1", HttpStatusCode.BadRequest, "bad_refine", Refine("1")),
        ("keep ratio negative", HttpStatusCode.BadRequest, "bad_refine", Refine("-0.5")),
        ("keep ratio 1e999", HttpStatusCode.BadRequest, "bad_refine", Refine("1e999")),
        ("protected of text", HttpStatusCode.BadRequest, "bad_json", Refine("0.5", $"\"{SecretWords}\"")),
        ("protected, half a range", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[0]")),
        ("protected beyond the prompt", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[2,2]")),
        ("protected beyond all numbers", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[2147483647,2147483647]")),
        ("protected before the prompt", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[-1,2]")),
        ("protected, nothing", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[1,0]")),
        ("protected, less than nothing", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[1,-1]")),
        ("protected, out of order", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[2,1,0,1]")),
        ("protected, twice", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", "[0,2,1,1]")),
        ("protected, more ranges than positions", HttpStatusCode.BadRequest, "bad_refine", Refine("0.5", $"[{string.Join(',', Enumerable.Repeat("0,1", 50_000))}]")),
        ("lease negative", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "-1")),
        ("lease 0", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "0")),
        ("lease beyond the limit", HttpStatusCode.BadRequest, "bad_lease", Body(lease: "3001")),
        ("lease beyond the total", HttpStatusCode.BadRequest, "lease_total_exceeded", Body(lease: "40", more: $",\"committed\":[{Ids(Total - 39)}]")),
        ("prompt empty", HttpStatusCode.BadRequest, "empty_prompt", Body(prompt: "[]")),
        ("id beyond the vocabulary", HttpStatusCode.BadRequest, "bad_token", Body(prompt: $"[{Secret},295]")),
        ("id negative", HttpStatusCode.BadRequest, "bad_token", Body(prompt: $"[{Secret},-1]")),
        ("committed id beyond the vocabulary", HttpStatusCode.BadRequest, "bad_token", Body(more: ",\"committed\":[295]")),
        ("other tokenizer", HttpStatusCode.Conflict, "tokenizer_mismatch", Good.Replace("scripted-tokenizer", "other")),
        ("other weights", HttpStatusCode.Conflict, "weights_mismatch", Good.Replace("scripted-weights", "other")),
        ("committed beyond the context", HttpStatusCode.RequestEntityTooLarge, "context_exceeded", Body(more: $",\"committed\":[{Ids(Context)}]")),
        ("prompt beyond the context", HttpStatusCode.RequestEntityTooLarge, "context_exceeded", Body(prompt: $"[{Ids(Context)}]")),
        ("body beyond what the context needs", HttpStatusCode.RequestEntityTooLarge, "body_too_large", Good + new string(' ', (256 << 10) + (64 * Context) + 1 - Good.Length)),
        ("device there first", HttpStatusCode.ServiceUnavailable, "too_late", Body(more: ",\"readyInMs\":0.001")),
    ];

    private static string Refine(string ratio, string? spans = null) =>
        Body(more: $",\"refine\":{{\"keepRatio\":{ratio}{(spans is null ? "" : $",\"protected\":{spans}")}}}");

    private readonly KeyFixture _keys = new(("one", default), ("other", default), ("bounded", new QuotaLimits(0, 60)));

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Post_EachRowOfTheTable_IsRefusedByNameAndDisturbsNobody()
    {
        await using var cloud = await StartAsync();
        var running = await RunningStream.BeginAsync(cloud, _keys["other"]);
        foreach (var (what, status, code, body) in Bodies)
        {
            using var response = await cloud.PostAsync(body, _keys["one"]);
            await AssertRefusedAsync(what, response, status, code);
            await running.GoesOnAsync(what);
            await GoodWorksAsync(what, cloud);
        }

        await running.EndsWellAsync();
    }

    [Fact]
    public async Task AnyRoute_NotOnesOwnOrWithoutAKey_IsRefusedByNameAndDisturbsNobody()
    {
        await using var cloud = await StartAsync();
        var running = await RunningStream.BeginAsync(cloud, _keys["other"]);
        (string What, HttpStatusCode Status, string Code, Func<Task<HttpResponseMessage>> Send)[] rows =
        [
            ("no key", HttpStatusCode.Unauthorized, "no_key", () => cloud.PostAsync(Good)),
            ("another scheme", HttpStatusCode.Unauthorized, "no_key", () => SendAsync(cloud, HttpMethod.Post, "/v1/assist", new("Basic", _keys["one"]), Good)),
            ("a wrong key", HttpStatusCode.Unauthorized, "bad_key", () => cloud.PostAsync(Good, ApiKey.Create("x", null, null).Secret)),
            ("an empty key", HttpStatusCode.Unauthorized, "no_key", () => SendAsync(cloud, HttpMethod.Post, "/v1/assist", new("Bearer"), Good)),
            ("a key's hash", HttpStatusCode.Unauthorized, "bad_key", () => cloud.PostAsync(Good, Convert.ToHexStringLower(ApiKey.HashOf(_keys["one"])))),
            ("a key cut short", HttpStatusCode.Unauthorized, "bad_key", () => cloud.PostAsync(Good, _keys["one"][..^1])),
            ("no key and no JSON", HttpStatusCode.Unauthorized, "no_key", () => cloud.PostAsync(SecretWords)),
            ("another key's assist", HttpStatusCode.NotFound, "no_such_assist", () => SendAsync(cloud, HttpMethod.Delete, $"/v1/assist/{running.Id}", Bearer("one"))),
            ("nobody's assist", HttpStatusCode.NotFound, "no_such_assist", () => SendAsync(cloud, HttpMethod.Delete, $"/v1/assist/{new string('0', 32)}", Bearer("one"))),
            ("another key's state", HttpStatusCode.NotFound, "no_such_state", () => SendAsync(cloud, HttpMethod.Get, $"/v1/assist/{running.Id}/state?from=0", Bearer("one"))),
            ("a key beyond its rate", HttpStatusCode.TooManyRequests, "rate_limited", async () =>
            {
                using var most = await cloud.PostAsync(Body(prompt: $"[{Ids(100)}]"), _keys["bounded"]); // goes into debt
                Assert.Equal(HttpStatusCode.OK, most.StatusCode);
                await most.Content.ReadAsStringAsync();
                return await cloud.PostAsync(Good, _keys["bounded"]);
            }),
        ];
        foreach (var (what, status, code, send) in rows)
        {
            using var response = await send();
            await AssertRefusedAsync(what, response, status, code);
            if (status == HttpStatusCode.Unauthorized) Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
            if (status == HttpStatusCode.TooManyRequests) Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 43); // 102 of 60 tokens are taken: 43 s until there is one
            await running.GoesOnAsync(what);
            await GoodWorksAsync(what, cloud);
        }

        await running.EndsWellAsync();
    }

    private Task<TestCloud> StartAsync() => TestCloud.StartAsync(
        new TestEngine(new ScriptedEngine(2, Context)) { Before = _ => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System) },
        new CloudOptions { Slots = 2, QueueLength = 0, MaxLease = Total, MaxTotal = Total }, _keys.Ring);

    private AuthenticationHeaderValue Bearer(string name) => new("Bearer", _keys[name]);

    private static string Ids(int count) => string.Join(',', Enumerable.Repeat(7, count));

    private static async Task<HttpResponseMessage> SendAsync(TestCloud cloud, HttpMethod method, string path, AuthenticationHeaderValue key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Authorization = key;
        return await cloud.Http.SendAsync(request);
    }

    private static async Task AssertRefusedAsync(string what, HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{what}: {response.StatusCode} {text}");
        var error = JsonSerializer.Deserialize(text, WireJson.Default.WireErrorBody)!.Error;
        Assert.True(error.Code == code, $"{what}: {text}");
        Assert.NotEmpty(error.Message);
        Assert.True(error.Message.Length < 400 && !error.Message.Any(char.IsControl), what);
        Assert.DoesNotContain(Secret, text);
        Assert.DoesNotContain(SecretWords, text);
        Assert.DoesNotContain(ApiKey.Prefix, text);
    }

    private async Task GoodWorksAsync(string after, TestCloud cloud)
    {
        using var good = await cloud.PostAsync(Good, _keys["one"]);
        var text = await good.Content.ReadAsStringAsync();
        Assert.True(text.Contains("\"reason\":\"lease\""), $"after {after}: {text}");
    }

    /// <summary>Another client's stream that must not notice anything.</summary>
    private sealed class RunningStream(HttpResponseMessage response, StreamReader reader, Generation generation)
    {
        private static readonly AssistRequest Request = new()
        {
            TokenizerFingerprint = "scripted-tokenizer", WeightsFingerprint = "scripted-weights",
            Prompt = [1, 2, 3], Lease = Total, Sampling = new SamplingOptions { IgnoreEndOfGeneration = true },
        };

        public string Id => generation.Id;

        public static async Task<RunningStream> BeginAsync(TestCloud cloud, string key)
        {
            var response = await cloud.PostAsync(JsonSerializer.Serialize(Request, WireJson.Default.AssistRequest), key);
            var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            var id = await AdmittedAsync(reader);
            return new RunningStream(response, reader, cloud.Service.Book.All.Single(g => g.Id == id));
        }

        public async Task GoesOnAsync(string after)
        {
            var before = generation.Decoded;
            while (generation.Decoded == before && generation.End is null) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            Assert.True(generation.End is null, $"{after} ended the other stream: {generation.End}");
        }

        /// <summary>Lets it go; what came is what the same assist gets of a cloud of its own.</summary>
        public async Task EndsWellAsync()
        {
            generation.Release();
            var (tokens, end) = await RestAsync(reader);
            var alone = Batches.Alone(Request with { Lease = tokens.Length }).Tokens;
            Assert.Equal(alone, tokens.Select(token => new GeneratedToken(token.Index, token.Id)));
            Assert.Equal((AssistEndReason.Released, tokens.Length), (end!.Reason, end.DecodedTokens));
            Assert.True(tokens.Length > Bodies.Length / 2, $"{tokens.Length}");
            response.Dispose();
        }
    }
}
