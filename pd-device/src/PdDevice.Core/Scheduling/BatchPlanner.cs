namespace PdDevice.Core.Scheduling;

/// <summary>What one running assist could do in the next batch.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="PrefillLeft">Known tokens not ingested yet, the last one included that yields its first logits; 0 when decoding.</param>
public readonly record struct SlotWork(int Slot, int PrefillLeft);

/// <summary>Rows a slot gets in the next batch.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Count">Rows, at least 1.</param>
public readonly record struct BatchShare(int Slot, int Count);

/// <summary>
/// Fills one batch: a decode step for every slot that decodes, then prefill chunks in the order of admission, so that
/// first tokens come in the order the assists came.
/// </summary>
public static class BatchPlanner
{
    /// <param name="work">Running slots in order of admission.</param>
    /// <param name="budget">Rows a batch may have; at least the number of slots.</param>
    /// <param name="chunk">Prefill rows of one turn, over all slots: it bounds how long a running decode waits for its next token.</param>
    public static IReadOnlyList<BatchShare> Plan(IReadOnlyList<SlotWork> work, int budget, int chunk)
    {
        var shares = new List<BatchShare>(work.Count);
        foreach (var slot in work)
            if (slot.PrefillLeft == 0 && budget > 0)
            {
                shares.Add(new BatchShare(slot.Slot, 1));
                budget--;
            }

        var prefill = Math.Min(budget, chunk);
        foreach (var slot in work)
        {
            var count = Math.Min(slot.PrefillLeft, prefill);
            if (count <= 0) continue;
            shares.Add(new BatchShare(slot.Slot, count));
            prefill -= count;
        }

        return shares;
    }
}
