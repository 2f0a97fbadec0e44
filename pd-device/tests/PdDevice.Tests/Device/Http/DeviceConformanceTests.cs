using System.Runtime.CompilerServices;
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
using PdDevice.Tests.Http.OpenAi.Conformance;

namespace PdDevice.Tests.Device.Http;

/// <summary>OpenAI's own clients against a device whose cloud is well.</summary>
public sealed class HealthyCloudConformanceTests : DeviceConformance
{
    protected override IAssistClient? Connect(Uri cloud) => new HttpAssistClient(cloud, EmulatedLinkOptions.None, TimeProvider.System);
}

/// <summary>The same when nobody listens where the cloud should be.</summary>
public sealed class AbsentCloudConformanceTests : DeviceConformance
{
    protected override IAssistClient? Connect(Uri cloud) => new HttpAssistClient(new Uri("http://127.0.0.1:9"), EmulatedLinkOptions.None, TimeProvider.System);
}

/// <summary>The same when every assist breaks after three tokens.</summary>
public sealed class DyingCloudConformanceTests : DeviceConformance
{
    protected override IAssistClient? Connect(Uri cloud) => new Dying(new HttpAssistClient(cloud, EmulatedLinkOptions.None, TimeProvider.System));

    private sealed class Dying(HttpAssistClient inner) : IAssistClient, IDisposable
    {
        public long BytesSent => inner.BytesSent;

        public ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken) => inner.IdentityAsync(cancellationToken);

        public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var tokens = 0;
            await foreach (var item in inner.OpenAsync(request, cancellationToken))
            {
                yield return item;
                if (item is AssistToken && ++tokens == 3) throw new IOException("reset");
            }
        }

        public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => inner.StopAsync(id, used, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}

/// <summary>The same with no cloud at all.</summary>
public sealed class LocalOnlyConformanceTests : DeviceConformance
{
    protected override IAssistClient? Connect(Uri cloud) => null;
}

public abstract class DeviceConformance : OpenAiConformance
{
    /// <summary>So slow in prefill that the cloud is worth asking, and quick enough for a test.</summary>
    private static readonly EngineRates Rates = new(250, 200);

    protected abstract IAssistClient? Connect(Uri cloud);

    protected override async Task<ConformanceTarget> StartAsync()
    {
        var cloud = await TestCloud.StartAsync(new ScriptedEngine(4, 20_000));
        var client = Connect(cloud.Http.BaseAddress!);
        var engine = new PacedEngine(new ScriptedEngine(1, 20_000), Rates, TimeProvider.System);
        var device = new DeviceRuntime(engine, Rates, client, [], false, TimeProvider.System)
        {
            Policy = new AnswerPolicy { TargetTtft = TimeSpan.Zero }, // short prompts, and the cloud is to be asked for them
        };
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
            });
    }
}
