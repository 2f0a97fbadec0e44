using PdDevice.Cloud.Telemetry;
using PdDevice.Inference;

namespace PdDevice.Cloud.Batching;

/// <summary>
/// Moves KV into and out of one engine's sequences: from the store, from a running neighbour, from another pool. Every
/// member is called by the engine's loop.
/// </summary>
internal sealed class PrefixReuse(IEngine engine, PrefixStore store, CloudMetrics metrics)
{
    /// <summary>
    /// Fills a generation's sequence with what is known already: the state it brings, or the longest prefix that is kept
    /// or runs here, of its own owner.
    /// </summary>
    /// <param name="generation">What starts.</param>
    /// <param name="running">Its neighbours.</param>
    /// <param name="fresh">So many of its last tokens are to be prefilled in any case, at least 1: the last one yields the logits.</param>
    /// <returns>Whether a state was copied for it.</returns>
    public async ValueTask<bool> RestoreAsync(Generation generation, IReadOnlyList<Generation> running, int fresh)
    {
        if (generation.State is { } own)
        {
            generation.State = null;
            await ImportAsync(generation, own, generation.Fed);
            return true;
        }

        var owner = generation.Request.Owner;
        var kept = store.Find(owner, generation.KnownTokens);
        Generation? donor = null;
        var length = kept?.Tokens ?? PrefixStore.LeastTokens - 1;
        foreach (var other in running)
        {
            if (other == generation || other.Request.Owner != owner) continue;
            var common = generation.KnownTokens.CommonPrefixLength(other.KnownTokens[..other.Fed]);
            if (common > length && PrefixStore.IsWorth(common, other.Fed)) (donor, length) = (other, common);
        }

        var most = generation.Known - fresh;
        var state = most < 1 ? null : donor is null ? kept?.State : await LendAsync(donor);
        if (state is not null)
        {
            await ImportAsync(generation, state, Math.Min(length, most));
            generation.Cached = generation.Fed;
        }

        metrics.PrefixLookup(generation.Known, generation.Cached);
        return state is not null;
    }

    /// <summary>Keeps what a generation leaves behind, for continuations and prompts that begin alike.</summary>
    public async ValueTask KeepAsync(Generation generation)
    {
        var tokens = generation.KnownTokens[..generation.Fed].ToArray();
        if (!store.Wants(generation.Request.Owner, tokens)) return;
        if (await ExportAsync(generation.Slot) is { } state) store.Keep(generation.Request.Owner, tokens, state);
    }

    /// <summary>Takes a generation's state out for another pool, and keeps it too: that costs nothing more.</summary>
    public async ValueTask TakeOutAsync(Generation generation)
    {
        generation.State = await ExportAsync(generation.Slot);
        if (generation.State is { } state) store.Keep(generation.Request.Owner, generation.KnownTokens[..generation.Fed], state);
        else generation.Fed = 0; // the other pool prefills it
    }

    /// <summary>A running neighbour's state; kept too, so that the next one that begins alike need not take it out again.</summary>
    private async ValueTask<byte[]?> LendAsync(Generation donor)
    {
        var tokens = donor.KnownTokens[..donor.Fed].ToArray();
        var state = await ExportAsync(donor.Slot);
        if (state is not null) store.Keep(donor.Request.Owner, tokens, state);
        return state;
    }

    // A state that cannot be taken out (too large for one array, an unknown form) is not kept, nothing else.
    private async ValueTask<byte[]?> ExportAsync(int slot)
    {
        try
        {
            return await engine.ExportAsync(slot, CancellationToken.None);
        }
        catch (EngineException)
        {
            metrics.StateLost();
            return null;
        }
    }

    // A state that cannot be used costs a prefill, nothing else.
    private async ValueTask ImportAsync(Generation generation, byte[] state, int length)
    {
        try
        {
            await engine.ImportAsync(generation.Slot, state, CancellationToken.None);
            await engine.TruncateAsync(generation.Slot, length, CancellationToken.None);
            generation.Fed = length;
        }
        catch (EngineException)
        {
            metrics.StateLost();
            await engine.TruncateAsync(generation.Slot, 0, CancellationToken.None);
            generation.Fed = 0;
        }
    }
}
