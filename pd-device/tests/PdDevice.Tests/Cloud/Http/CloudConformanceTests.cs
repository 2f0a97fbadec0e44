using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Http.OpenAi.Conformance;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>OpenAI's own clients against a cloud that asks for keys, over the scripted engine.</summary>
public sealed class ScriptedCloudConformanceTests : CloudConformance
{
    protected override Task<IEngine> EngineAsync() => Task.FromResult<IEngine>(new ScriptedEngine(4, 1_500_000));
}

/// <summary>The same against a cloud with real weights.</summary>
public sealed class EmbeddedCloudConformanceTests : CloudConformance
{
    protected override async Task<IEngine> EngineAsync() =>
        await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path, Sequences = 4 });
}

public abstract class CloudConformance : OpenAiConformance
{
    protected abstract Task<IEngine> EngineAsync();

    protected override async Task<ConformanceTarget> StartAsync()
    {
        var keys = new KeyFixture(("someone", default));
        var cloud = await TestCloud.StartAsync(await EngineAsync(), keys: keys.Ring);
        return new ConformanceTarget(
            new Uri(cloud.Http.BaseAddress!, "v1"), cloud.Service.Limits.Identity.Model, keys["someone"],
            async () =>
            {
                foreach (var generation in cloud.Service.Book.All) await generation.Ended.WaitAsync(TestCloud.Patience);
            },
            async () =>
            {
                await cloud.DisposeAsync();
                keys.Dispose();
            });
    }
}
