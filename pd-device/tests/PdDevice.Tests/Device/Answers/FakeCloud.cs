using System.Runtime.CompilerServices;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Inference;

namespace PdDevice.Tests.Device.Answers;

/// <summary>A cloud that sends what a test wrote down, one millisecond after it is asked.</summary>
internal sealed class FakeCloud(IEngine like, TimeProvider time, params AssistEvent[] events) : IAssistClient
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(1);

    public int Opened { get; private set; }

    /// <summary>What it was told of each assist: tokens used.</summary>
    public List<int> Told { get; } = [];

    public long BytesSent => 0;

    /// <summary>So many tokens from index 0, then this end.</summary>
    public static FakeCloud Ending(IEngine like, TimeProvider time, int tokens, AssistEnd end) =>
        new(like, time, [.. Enumerable.Range(0, tokens).Select(i => new AssistToken(i, 65)), end]);

    public async ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Delay, time, cancellationToken);
        return (new AssistIdentity(like.Identity, 4096, 1024, false, 4000, 100), Delay);
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Opened++;
        await Task.Delay(Delay, time, cancellationToken);
        yield return new AssistAdmitted("fake");
        foreach (var item in events) yield return item;
    }

    public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken)
    {
        Told.Add(used);
        return Task.FromResult<AssistEnd?>(null);
    }
}
