using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Scheduling;

namespace PdDevice.Tests.Core.Scheduling;

public sealed class BatchPlannerTests
{
    private static readonly Arbitrary<SlotWork[]> Work =
        (from left in Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Choose(1, 700)))
         from due in Gen.Choose(0, 20)
         select (left, due)).ArrayOf().Resize(64)
            .Select(all => all.Select((one, i) => new SlotWork(i * 3 % 191, one.left, one.due)).ToArray()).ToArbitrary();

    [Fact]
    public void Plan_AnyWork_StaysWithinItsBoundsAndLeavesNothingOutThatFits() =>
        Prop.ForAll(Work, Gen.Choose(1, 512).ToArbitrary(), Gen.Choose(0, 512).ToArbitrary(), (work, budget, rows) =>
        {
            var shares = BatchPlanner.Plan(work, budget, rows);
            var left = work.ToDictionary(w => w.Slot, w => w.PrefillLeft);
            var prefill = shares.Where(s => left[s.Slot] > 0).Sum(s => s.Count);
            var decodes = shares.Count(s => left[s.Slot] == 0);
            var decoding = work.Count(w => w.PrefillLeft == 0);

            Assert.Equal(shares.Count, shares.Select(s => s.Slot).Distinct().Count());
            Assert.All(shares, share => Assert.InRange(share.Count, 1, Math.Max(1, left[share.Slot])));
            Assert.InRange(prefill + decodes, 0, budget);
            Assert.Equal(Math.Min(work.Sum(w => w.PrefillLeft), Math.Min(rows, budget - Math.Min(decoding, budget / 2))), prefill);
            Assert.Equal(Math.Min(decoding, budget - prefill), decodes); // so at least half the batch, where as many decode
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_AnyWork_FirstTokensComeFirstAndThenTheEarliestDue() =>
        Prop.ForAll(Work, Gen.Choose(1, 512).ToArbitrary(), Gen.Choose(0, 512).ToArbitrary(), (work, budget, rows) =>
        {
            var shares = BatchPlanner.Plan(work, budget, rows);
            var by = work.ToDictionary(w => w.Slot);
            var prefills = shares.TakeWhile(s => by[s.Slot].PrefillLeft > 0).ToArray();
            Assert.All(shares.Skip(prefills.Length), s => Assert.Equal(0, by[s.Slot].PrefillLeft));

            // Nobody is served who is due later than one who got less than he could use.
            Assert.All(prefills.SkipLast(1), s => Assert.Equal(by[s.Slot].PrefillLeft, s.Count));
            HoldsInOrder(work.Where(w => w.PrefillLeft > 0), [.. prefills.Select(s => s.Slot)]);
            HoldsInOrder(work.Where(w => w.PrefillLeft == 0), [.. shares.Skip(prefills.Length).Select(s => s.Slot)]);

            void HoldsInOrder(IEnumerable<SlotWork> candidates, HashSet<int> served)
            {
                var latest = candidates.Where(w => served.Contains(w.Slot)).Select(w => w.Due).DefaultIfEmpty(double.MinValue).Max();
                Assert.All(candidates.Where(w => !served.Contains(w.Slot)), w => Assert.True(w.Due >= latest));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_RowsThatStayTogether_ComeInOneBatchAtTheEnd() =>
        Prop.ForAll(Work, Gen.Choose(2, 512).ToArbitrary(), Gen.Choose(1, 512).ToArbitrary(), (work, budget, rows) =>
        {
            var all = work.Select(w => w with { Together = w.PrefillLeft == 0 ? 0 : Math.Min(w.PrefillLeft, 1 + (w.Slot % 40)) }).ToArray();
            var left = all.Where(w => w.PrefillLeft > 0).ToDictionary(w => w.Slot);
            var room = budget - Math.Min(all.Length - left.Count, budget / 2);
            for (var turn = 0; left.Count > 0; turn++)
            {
                Assert.True(turn < 50_000, "a prefill never ends");
                var shares = BatchPlanner.Plan([.. left.Values, .. all.Where(w => w.PrefillLeft == 0)], budget, rows);
                Assert.InRange(shares.Sum(s => s.Count), 1, budget);
                var prefills = shares.Where(s => left.ContainsKey(s.Slot)).ToArray();
                // One at most exceeds the bound, and then there is no other.
                if (prefills.Sum(s => s.Count) > rows) Assert.Equal(left[Assert.Single(prefills).Slot].Together, Math.Max(prefills[0].Count, left[prefills[0].Slot].Together));
                foreach (var share in prefills)
                {
                    var before = left[share.Slot];
                    var after = before with { PrefillLeft = before.PrefillLeft - share.Count };
                    // What stays together is whole as long as a batch can hold it.
                    if (before.Together <= room) Assert.True(after.PrefillLeft == 0 || after.PrefillLeft >= before.Together, $"{before} got {share.Count}");
                    left[share.Slot] = after;
                    if (after.PrefillLeft == 0) left.Remove(share.Slot);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_BudgetSmallerThanTheDecodes_TheLateOnesWaitAndPrefillGetsHalf() =>
        Assert.Equal(
            [new BatchShare(3, 2), new BatchShare(2, 1), new BatchShare(0, 1)],
            BatchPlanner.Plan([new SlotWork(0, 0, 2), new SlotWork(1, 0, 3), new SlotWork(2, 0, 1), new SlotWork(3, 9, 7)], 4, 128));

    [Fact]
    public void Plan_NoWork_IsEmpty() => Assert.Empty(BatchPlanner.Plan([], 512, 128));
}
