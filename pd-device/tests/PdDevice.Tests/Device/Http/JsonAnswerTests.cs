using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Http;
using PdDevice.Device.Link;
using PdDevice.Core.Planning;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Http.OpenAi.Schemas;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Device.Http;

/// <summary>JSON by a schema on both endpoints, with real weights: the device makes such an answer wholly by itself.</summary>
[Collection("Engine")]
public sealed class JsonAnswerTests
{
    private const string Schema = """{"type":"object","properties":{"colour":{"enum":["red","green"]},"count":{"type":"integer"},"words":{"type":"array","items":{"type":"string","maxLength":8},"maxItems":2}},"required":["colour","count","words"],"additionalProperties":false}""";

    [Fact]
    public async Task Complete_JsonSchema_AnswerFitsItAndADeviceMakesItAlone()
    {
        await using var server = await LlamaTest.LoadTinyAsync(sequences: 2, contextTokens: 512);
        await using var own = await LlamaTest.LoadTinyAsync(contextTokens: 512);
        await using var cloud = await TestCloud.StartAsync(server);
        var model = cloud.Service.Limits.Identity.Model;
        await AssertFitsAsync(cloud.Http, model, alone: false);

        using var client = new HttpAssistClient(cloud.Http.BaseAddress!, EmulatedLinkOptions.None, TimeProvider.System);
        var runtime = new DeviceRuntime(own, new EngineRates(1000, 100), client, [], false, TimeProvider.System)
        {
            Policy = new AnswerPolicy { TargetTtft = TimeSpan.Zero },
        };
        await using var app = DeviceHost.Build("127.0.0.1:0", runtime);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var pdd = (await AssertFitsAsync(http, model, alone: true))["usage"]!["pdd"]!;
        Assert.Equal((0, 0), (pdd["cloudTokens"]!.GetValue<int>(), pdd["bytesLeft"]!.GetValue<int>()));
    }

    private static async Task<JsonNode> AssertFitsAsync(HttpClient http, string model, bool alone)
    {
        using var schema = JsonDocument.Parse(Schema);
        for (var seed = 1; ; seed++)
        {
            using var response = await http.PostAsJsonAsync(new Uri("/v1/chat/completions", UriKind.Relative), new JsonObject
            {
                ["model"] = model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Which colour, and how many?" }),
                ["max_tokens"] = 200, ["seed"] = seed,
                ["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "it", ["schema"] = JsonNode.Parse(Schema) } },
            });
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, body);
            Assert.Equal(alone, response.Headers.TryGetValues("Pdd-Alone", out var why) && why.Single() == "response_format");
            var answer = JsonNode.Parse(body)!;
            if (answer["choices"]![0]!["finish_reason"]!.GetValue<string>() == "length" && seed < 20) continue; // cut off: not whole
            using var value = JsonDocument.Parse(answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
            Assert.True(SchemaCheck.Fits(value.RootElement, schema.RootElement, schema.RootElement), body);
            return answer;
        }
    }
}
