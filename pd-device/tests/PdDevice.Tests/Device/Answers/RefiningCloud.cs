using System.Runtime.CompilerServices;
using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// Takes a cloud's place at refining and sends what a test wrote down as the refined prompt, after so many
/// tokens, chosen by chance: what is tested is the device. Or passes on what a cloud sends that reads attention.
/// </summary>
internal sealed class RefiningCloud(InProcessCloud inner) : IAssistClient
{
    /// <summary>Tokens of the first assist before the event; 0: after it was admitted.</summary>
    public int After { get; init; }

    /// <summary>The events sent there, by what is asked; default: one that keeps what is wished for, by chance.</summary>
    public Func<AssistRequest, IEnumerable<int[]>> Kept { get; init; } = request => [KeptRanges.Flatten(Choose(request))];

    /// <summary>Asks the cloud itself for a refined prompt and passes it on.</summary>
    public bool PassesOn { get; init; }

    /// <summary>What it says that reading attention takes; null (default): what the cloud itself says.</summary>
    public double? RefineSecondsPerToken { get; init; }

    /// <summary>What the cloud itself sent.</summary>
    public AssistRefined? Passed { get; private set; }

    /// <summary>All asks, wishes included.</summary>
    public List<AssistRequest> Requests { get; } = [];

    public bool Sent { get; private set; }

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
        return (identity with { RefinementOffered = true, RefineSecondsPerToken = RefineSecondsPerToken ?? identity.RefineSecondsPerToken }, roundTrip);
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);
        var tokens = 0;
        var first = Requests.Count == 1;
        await foreach (var item in inner.OpenAsync(PassesOn ? request : request with { Refine = null }, cancellationToken))
        {
            yield return item;
            if (item is AssistToken) tokens++;
            if (item is AssistRefined refined) Passed = refined;
            if (PassesOn || !first || Sent || tokens < After || item is AssistEnd) continue;
            Sent = true;
            foreach (var kept in Kept(request)) yield return new AssistRefined(kept);
        }
    }

    public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => inner.StopAsync(id, used, cancellationToken);
}
