using System.Runtime.CompilerServices;
using PdDevice.Cli.Demo;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cli;

namespace PdDevice.Tests.Device.Answers;

/// <summary><c>kill -9</c> of a real cloud process over real sockets (invariants 1 and 2).</summary>
[Collection("Engine")]
public sealed class KilledCloudTests
{
    private static readonly EmulatedLinkOptions Link = new() { RoundTrip = TimeSpan.FromMilliseconds(40) };

    [Fact]
    public async Task RunAsync_Invariants1And2_CloudKilledAfterAnyToken_TextEqualsDeviceAlone()
    {
        // The cloud makes 90 tokens a second and the lease is 150: it is running whenever it is killed.
        var request = Scripted.Request(400, 170, 0.8, lease: 150);
        var expected = Scripted.Alone(request);
        foreach (var after in (int[])[0, 1, 2, 3, 7, 15, 30, 45])
        {
            await using var cloud = await Pdd.ServeAsync("cloud", "--listen", "127.0.0.1:0", "--model", "scripted", "--profile", "laptop@2000");
            using var http = new HttpAssistClient(cloud.Address, Link, TimeProvider.System);
            var killer = new KillingClient(http, after, cloud);
            var rates = new EngineRates(200, 200); // so slow that even a cold cloud on a busy machine makes 45 tokens first
            var answer = new Answer(new PacedEngine(new ScriptedEngine(), rates, TimeProvider.System), rates, killer, request, TimeProvider.System);
            var shown = new List<ShownToken>();
            await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);

            Assert.True(killer.Killed);
            Assert.Equal(Enumerable.Range(0, 170), shown.Select(t => t.Index));
            Assert.Equal(expected.Text, string.Concat(shown.Select(t => t.Text)));
            Assert.InRange(answer.Usage!.CloudTokens, after, 149);
            Assert.NotNull(answer.Usage.CloudTrouble);
            if (after == 0) Assert.Equal(0, answer.Usage.CloudTokens);
        }
    }

    [Fact]
    public async Task RunAsync_RealEngineAndCloudKilled_AnswerCompletesOnTheCommittedPrefix()
    {
        await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path });
        var document = string.Join(' ', new DemoDocument(3).Days().Take(12));
        var request = new AnswerRequest
        {
            Prompt = engine.Tokenizer.EncodeChat([new ChatMessage("user", $"{document}\n\nRetell the text in order.")]),
            MaxTokens = 60,
            Lease = 50,
            Sampling = new SamplingOptions { IgnoreEndOfGeneration = true },
        };
        var rates = new EngineRates(400, 100);
        foreach (var after in (int[])[0, 1, 5, 20])
        {
            await using var cloud = await Pdd.ServeAsync("cloud", "--listen", "127.0.0.1:0", "--profile", "laptop@2000");
            using var http = new HttpAssistClient(cloud.Address, Link, TimeProvider.System);
            var killer = new KillingClient(http, after, cloud);
            var answer = new Answer(new PacedEngine(engine, rates, TimeProvider.System), rates, killer, request, TimeProvider.System);
            var shown = new List<ShownToken>();
            await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);

            Assert.Equal(Enumerable.Range(0, 60), shown.Select(t => t.Index));
            var used = answer.Usage!.CloudTokens;
            Assert.InRange(used, after, 49);
            Assert.Equal(killer.Received[..used], shown[..used].Select(t => t.Id)); // shown before the kill and after: the same
            Assert.All(shown[used..], token => Assert.Equal(TokenSource.Device, token.Source));
        }
    }

    /// <summary>Kills the cloud's process when the device has received this many tokens; at 0 once it has been admitted.</summary>
    private sealed class KillingClient(HttpAssistClient inner, int after, ChildServer cloud) : IAssistClient
    {
        public bool Killed { get; private set; }

        public List<int> Received { get; } = [];

        public long BytesSent => inner.BytesSent;

        public ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken) => inner.IdentityAsync(cancellationToken);

        public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var item in inner.OpenAsync(request, cancellationToken))
            {
                if (item is AssistToken token) Received.Add(token.Id);
                yield return item;
                if (Received.Count < after || Killed) continue;
                cloud.Kill();
                Killed = true;
            }
        }

        public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => inner.StopAsync(id, used, cancellationToken);
    }
}
