namespace PdDevice.Core.Scheduling;

/// <summary>What one running generation could do in the next batch.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="PrefillLeft">Known tokens not ingested yet, the last one included that yields its first logits; 0 when decoding.</param>
/// <param name="Due">When its next token is wanted, seconds on the caller's clock; the past counts as most urgent.</param>
/// <param name="Together">So many of the last rows of its prefill must be in one batch; 0 (default): it may be cut anywhere.</param>
public readonly record struct SlotWork(int Slot, int PrefillLeft, double Due, int Together = 0);

/// <summary>Rows a slot gets in the next batch.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Count">Rows, at least 1.</param>
public readonly record struct BatchShare(int Slot, int Count);

/// <summary>
/// Fills one batch: first tokens first, then the earliest due. Prefill takes its rows before decode steps do, but never
/// more than the caller's bound, which is what keeps running streams even; and at least half the batch stays for decode
/// steps where there are as many. Rows that must stay together may exceed the bound on prefill, never the batch.
/// </summary>
public static class BatchPlanner
{
    /// <param name="work">Running slots, in any order.</param>
    /// <param name="budget">Rows a batch may have, at least 1.</param>
    /// <param name="prefillRows">Prefill rows of this turn, over all slots, at least 0: see <see cref="BatchCost.PrefillRows"/>.</param>
    /// <returns>Prefill shares, then decode steps, each by due time and, on a tie, by slot. No slot twice.</returns>
    public static IReadOnlyList<BatchShare> Plan(IReadOnlyList<SlotWork> work, int budget, int prefillRows)
    {
        var decodes = new List<SlotWork>(work.Count);
        var prefills = new List<SlotWork>();
        foreach (var slot in work) (slot.PrefillLeft == 0 ? decodes : prefills).Add(slot);
        var shares = new List<BatchShare>(work.Count);

        prefills.Sort(ByDue);
        var room = budget - Math.Min(decodes.Count, budget / 2);
        var left = Math.Min(prefillRows, room);
        foreach (var slot in prefills)
        {
            var count = Math.Min(slot.PrefillLeft, left);
            if (slot.PrefillLeft - count < slot.Together && count < slot.PrefillLeft)
            {
                // Cut before the rows that stay together; when only they are left, the first in the row gets them all.
                count = slot.PrefillLeft > slot.Together ? slot.PrefillLeft - slot.Together
                    : shares.Count == 0 && left > 0 ? Math.Min(slot.PrefillLeft, room) : 0;
            }

            if (count <= 0) break;
            shares.Add(new BatchShare(slot.Slot, count));
            left -= count;
            budget -= count;
        }

        if (decodes.Count > budget) decodes.Sort(ByDue); // order matters only where not all of them fit
        for (var i = 0; i < decodes.Count && i < budget; i++) shares.Add(new BatchShare(decodes[i].Slot, 1));
        return shares;
    }

    private static int ByDue(SlotWork a, SlotWork b)
    {
        var due = a.Due.CompareTo(b.Due);
        return due != 0 ? due : a.Slot.CompareTo(b.Slot);
    }
}
