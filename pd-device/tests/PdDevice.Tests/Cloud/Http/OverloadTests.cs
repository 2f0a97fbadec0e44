using System.Net;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>Twice as many as there are places, over real sockets.</summary>
[Collection("Engine")]
public sealed class OverloadTests
{
    private const int Places = 12;
    private static readonly CloudOptions Options = new() { Slots = 4, QueueLength = 8 };

    [Fact]
    public async Task Post_TwiceTheLoad_ExcessIsRefusedAtOnceAndTheAdmittedGetTheirTokens()
    {
        // The engine takes its first step when everybody has an answer: so nobody's place is free again before.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = new TestEngine(new ScriptedEngine(Options.Slots)) { Before = _ => asked.Task };
        await using var cloud = await TestCloud.StartAsync(new PacedEngine(engine, new EngineRates(4000, 2000), TimeProvider.System), Options);
        for (var wave = 0; wave < 2; wave++)
        {
            var requests = Enumerable.Range(0, 2 * Places).Select(i => Batches.Request(20 + i, 40, temperature: 0.8, seed: (100 * wave) + i)).ToArray();
            var responses = await Task.WhenAll(requests.Select(request => cloud.PostAsync(System.Text.Json.JsonSerializer.Serialize(request, WireJson.Default.AssistRequest))));
            if (wave == 0) Assert.Equal(Places, responses.Count(response => response.StatusCode == HttpStatusCode.OK));
            asked.TrySetResult();
            await Task.WhenAll(requests.Zip(responses, CheckAsync));
            Assert.Empty(cloud.Service.Book.All);
        }
    }

    private static async Task CheckAsync(AssistRequest request, HttpResponseMessage response)
    {
        using (response)
        {
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "busy"), (response.StatusCode, (await ErrorAsync(response)).Code));
                Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 300);
                return;
            }

            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            var (tokens, end) = await RestAsync(reader);
            Assert.Equal(Batches.Alone(request).Tokens, tokens.Select(token => new GeneratedToken(token.Index, token.Id)));
            Assert.Equal((AssistEndReason.Lease, 40), (end!.Reason, end.DecodedTokens));
        }
    }
}
