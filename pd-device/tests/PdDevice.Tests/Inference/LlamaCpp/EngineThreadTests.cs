using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

public sealed class EngineThreadTests
{
    [Fact]
    public async Task RunAsync_FromElsewhere_RunsOnTheThreadAndAwaitsContinueThere()
    {
        using var thread = new EngineThread("test");
        Assert.False(thread.IsCurrent);
        Assert.True(await thread.RunAsync(() => thread.IsCurrent));
        await thread.RunAsync(async () =>
        {
            await Task.Run(() => { });
            Assert.True(thread.IsCurrent);
            var inline = thread.RunAsync(() => 1);
            Assert.True(inline.IsCompletedSuccessfully);
        });
    }

    [Fact]
    public async Task RunAsync_WorkThatThrows_ThrowsToTheCallerAndTheThreadGoesOn()
    {
        using var thread = new EngineThread("test");
        await Assert.ThrowsAsync<InvalidOperationException>(() => thread.RunAsync(() => throw new InvalidOperationException()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => thread.RunAsync(() => throw new OperationCanceledException()));
        Assert.Equal(2, await thread.RunAsync(() => 2));
    }

    [Fact]
    public async Task Dispose_WithWorkQueued_RunsItAndRefusesMore()
    {
        var thread = new EngineThread("test");
        using var gate = new ManualResetEventSlim();
        var ran = 0;
        var works = new List<Task> { thread.RunAsync(gate.Wait) };
        for (var i = 0; i < 10; i++) works.Add(thread.RunAsync(() => { ran++; }));
        var disposing = Task.Run(thread.Dispose);
        gate.Set();
        await disposing;
        await Task.WhenAll(works);
        Assert.Equal(10, ran);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => thread.RunAsync(() => 1));
        thread.Dispose();
    }

    [Fact]
    public async Task Dispose_OnTheThreadItself_FinishesWhatAwaits()
    {
        var thread = new EngineThread("test");
        var done = await Task.Run(async () =>
        {
            var result = 0;
            await thread.RunAsync(async () =>
            {
                thread.Dispose();
                await Task.Yield();
                await Task.Run(() => { });
                result = 3;
            });
            return result;
        });
        Assert.Equal(3, done);
        thread.Dispose();
    }
}
