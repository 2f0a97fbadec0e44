using PdDevice.Http.OpenAi;

namespace PdDevice.Tests.Http.OpenAi.Conformance;

/// <summary>The API by itself, over the test's own backend.</summary>
public sealed class TestBackendConformanceTests : OpenAiConformance
{
    private readonly TestBackend _backend = new() { ContextTokens = 1_500_000 };

    protected override async Task<ConformanceTarget> StartAsync()
    {
        var server = await TestServer.StartAsync(_backend);
        return new ConformanceTarget(new Uri(server.Address, "v1"), TestBackend.Name, "none-needed", _backend.FreeAsync, server.DisposeAsync);
    }

    // The .NET client takes no notice of the error event (the JavaScript one throws): what it can see is that nothing finished.
    [Fact]
    public async Task Complete_BackendFailsInMidStream_NoFinishReasonComes()
    {
        _backend.Before = (_, index) => index == 5
            ? Task.FromException(new CompletionFailedException(503, "preempted", "The server needs the slot. Ask again."))
            : Task.CompletedTask;
        var (texts, finishes) = (0, 0);
        await foreach (var update in Chat.CompleteChatStreamingAsync(Question, Options()))
        {
            texts += update.ContentUpdate.Count;
            finishes += update.FinishReason is null ? 0 : 1;
        }

        Assert.InRange(texts, 1, 6);
        Assert.Equal(0, finishes);
    }
}
