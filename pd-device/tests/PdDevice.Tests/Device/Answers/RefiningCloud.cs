using System.Runtime.CompilerServices;
using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// Offers refinement over a cloud that does not, and sends what a test wrote down as the refined prompt, after so many
/// tokens. Its scores are drawn, not captured: what is tested is the device.
/// </summary>
internal sealed class RefiningCloud(InProcessCloud inner, TimeProvider? time = null) : IAssistClient
{
    /// <summary>Tokens of the first assist before the event; 0: after it was admitted.</summary>
    public int After { get; init; }

    /// <summary>The events sent there, by what is asked; default: one that keeps what is wished for, by chance.</summary>
    public Func<AssistRequest, IEnumerable<int[]>> Kept { get; init; } = request => [KeptRanges.Flatten(Choose(request))];

    /// <summary>All asks, wishes included.</summary>
    public List<AssistRequest> Requests { get; } = [];

    public bool Sent { get; private set; }

    /// <summary>When the event was sent on, on the clock given.</summary>
    public DateTimeOffset SentAt { get; private set; }

    public long BytesSent => inner.BytesSent;

    public static TokenRange[] Choose(AssistRequest request)
    {
        var units = UnitMap.Tokens(request.Prompt.Length);
        var wish = request.Refine ?? new RefineWish(0.5);
        Assert.True(KeptRanges.TryRanges(wish.Protected ?? [], units.Positions, out var protectedRanges, out var problem), problem);
        return KeptPositions.Choose(new RandomSelector().Score(new SelectorInput(units, Seed: 11)), units, new KeepOptions(wish.KeepRatio), protectedRanges);
    }

    public async ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken)
    {
        var (identity, roundTrip) = await inner.IdentityAsync(cancellationToken);
        return (identity with { RefinementOffered = true }, roundTrip);
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);
        var tokens = 0;
        var first = Requests.Count == 1;
        await foreach (var item in inner.OpenAsync(request with { Refine = null }, cancellationToken))
        {
            yield return item;
            if (item is AssistToken) tokens++;
            if (!first || Sent || tokens < After || item is AssistEnd) continue;
            Sent = true;
            SentAt = time?.GetUtcNow() ?? default;
            foreach (var kept in Kept(request)) yield return new AssistRefined(kept);
        }
    }

    public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => inner.StopAsync(id, used, cancellationToken);
}
