using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Http;
using PdDevice.Device.Link;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;
using PdDevice.Tests.Http.OpenAi.Conformance;

namespace PdDevice.Tests.Device.Http;

/// <summary>OpenAI's own clients against a device whose cloud is well, and makes the first token of every answer.</summary>
public sealed class HealthyCloudConformanceTests() : DeviceConformance(CloudMode.Required)
{
    protected override IAssistClient? Connect(Uri cloud) => new Watched(cloud, mostTokens: int.MaxValue);

    protected override void Check(int cloudTokens, int assists, string[] failures)
    {
        Assert.InRange(cloudTokens, 1, int.MaxValue);
        Assert.InRange(assists, 1, int.MaxValue);
        Assert.Empty(failures);
    }
}

/// <summary>The same when nobody listens where the cloud should be.</summary>
public sealed class AbsentCloudConformanceTests() : DeviceConformance(CloudMode.Auto)
{
    protected override IAssistClient? Connect(Uri cloud) => new Watched(new Uri("http://127.0.0.1:9"), mostTokens: int.MaxValue);

    protected override void Check(int cloudTokens, int assists, string[] failures)
    {
        Assert.Equal((0, 0), (cloudTokens, assists));
        Assert.Equal(["cloud_connect"], failures.Distinct());
    }
}

/// <summary>The same when every assist breaks after its first token.</summary>
public sealed class DyingCloudConformanceTests() : DeviceConformance(CloudMode.Required)
{
    protected override IAssistClient? Connect(Uri cloud) => new Watched(cloud, mostTokens: 1);

    protected override void Check(int cloudTokens, int assists, string[] failures)
    {
        Assert.InRange(cloudTokens, 1, assists);
        Assert.Equal(Enumerable.Repeat("cloud_token", assists), failures);
    }
}

/// <summary>The same with no cloud at all.</summary>
public sealed class LocalOnlyConformanceTests() : DeviceConformance(CloudMode.Auto)
{
    protected override IAssistClient? Connect(Uri cloud) => null;

    protected override void Check(int cloudTokens, int assists, string[] failures)
    {
        Assert.Equal((0, 0), (cloudTokens, assists));
        Assert.Empty(failures);
    }
}

/// <param name="mode">Required: every answer begins in the cloud, for a device as quick as this one would do without.</param>
public abstract class DeviceConformance(CloudMode mode) : OpenAiConformance
{
    private static readonly EngineRates Rates = new(250, 200);

    // An answer that needs its cloud waits for it on a loaded machine too.
    private static readonly CloudPatience Patience = new() { Connect = TestCloud.Patience, FirstTokenFloor = TestCloud.Patience, Stall = TestCloud.Patience };

    private IAssistClient? _client;
    private Func<string[]> _failures = null!;

    /// <summary>The cloud as the state under test has it.</summary>
    protected abstract IAssistClient? Connect(Uri cloud);

    /// <summary>That an answer went the way this state is about.</summary>
    /// <param name="cloudTokens">Of its tokens.</param>
    /// <param name="assists">Opened by the cloud and so begun by its tokens.</param>
    /// <param name="failures">Places where it failed.</param>
    protected abstract void Check(int cloudTokens, int assists, string[] failures);

    [Fact]
    public async Task Complete_AnyAnswer_GoesTheWayOfThisState()
    {
        var answer = await Chat.CompleteChatAsync(Question, Options());
        var pdd = JsonNode.Parse(answer.GetRawResponse().Content.ToString())!["usage"]!["pdd"]!;
        Check(pdd["cloudTokens"]!.GetValue<int>(), (_client as Watched)?.Served ?? 0, _failures());
    }

    protected override async Task<ConformanceTarget> StartAsync()
    {
        var cloud = await TestCloud.StartAsync(new ScriptedEngine(4, 20_000));
        var client = _client = Connect(cloud.Http.BaseAddress!);
        var engine = new PacedEngine(new ScriptedEngine(1, 20_000), Rates, TimeProvider.System);
        var device = new DeviceRuntime(engine, Rates, client, [], false, TimeProvider.System)
        {
            Policy = new AnswerPolicy { Mode = mode, TargetTtft = TimeSpan.Zero, Patience = Patience }, // short prompts, and the cloud is to be asked for them
            Health = new CloudHealth(TimeProvider.System, new BreakerLimits { Asks = int.MaxValue }), // every answer meets the dying cloud anew
        };
        var counted = new CountedFailures(device.Metrics);
        _failures = () => counted.Places;
        var app = DeviceHost.Build("127.0.0.1:0", device);
        await app.StartAsync();
        return new ConformanceTarget(
            new Uri(app.Urls.First() + "/v1"), engine.Identity.Model, "none-needed",
            async () =>
            {
                await device.Turn.WaitAsync(TestCloud.Patience);
                device.Turn.Release();
                foreach (var generation in cloud.Service.Book.All) await generation.Ended.WaitAsync(TestCloud.Patience);
            },
            async () =>
            {
                await app.DisposeAsync();
                (client as IDisposable)?.Dispose();
                await cloud.DisposeAsync();
                counted.Dispose();
            });
    }

    /// <summary>A cloud's client that counts, and breaks each assist after so many tokens.</summary>
    protected sealed class Watched(Uri cloud, int mostTokens) : IAssistClient, IDisposable
    {
        private readonly HttpAssistClient _inner = new(cloud, EmulatedLinkOptions.None, TimeProvider.System);
        private int _served;

        /// <summary>Assists of which a token came.</summary>
        public int Served => Volatile.Read(ref _served);

        public long BytesSent => _inner.BytesSent;

        public ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken) => _inner.IdentityAsync(cancellationToken);

        public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var tokens = 0;
            await foreach (var item in _inner.OpenAsync(request, cancellationToken))
            {
                if (item is AssistToken && ++tokens == 1) Interlocked.Increment(ref _served);
                yield return item;
                if (tokens == mostTokens) throw new IOException("reset");
            }
        }

        public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => _inner.StopAsync(id, used, cancellationToken);

        public void Dispose() => _inner.Dispose();
    }
}
