namespace PdDevice.Tests.Http.OpenAi.Conformance;

/// <summary>The API by itself, over the test's own backend.</summary>
public sealed class TestBackendConformanceTests : OpenAiConformance
{
    protected override async Task<ConformanceTarget> StartAsync()
    {
        var backend = new TestBackend { ContextTokens = 1_500_000 };
        var server = await TestServer.StartAsync(backend);
        return new ConformanceTarget(new Uri(server.Address, "v1"), TestBackend.Name, "none-needed", backend.FreeAsync, server.DisposeAsync);
    }
}
