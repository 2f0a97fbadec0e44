using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Scheduling;

namespace PdDevice.Tests.Core.Scheduling;

public sealed class BatchPlannerTests
{
    private static readonly Arbitrary<SlotWork[]> Work =
        Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Choose(1, 700))).ArrayOf().Resize(64)
            .Select(left => left.Select((l, i) => new SlotWork(i * 3 % 191, l)).ToArray()).ToArbitrary();

    [Fact]
    public void Plan_AnyWork_DecodesFirstAndStaysWithinBudgetAndChunk() =>
        Prop.ForAll(Work, Gen.Choose(64, 512).ToArbitrary(), Gen.Choose(1, 512).ToArbitrary(), (work, budget, chunk) =>
        {
            var shares = BatchPlanner.Plan(work, budget, chunk);
            int[] decoding = [.. work.Where(w => w.PrefillLeft == 0).Select(w => w.Slot)];
            Assert.Equal(decoding.Select(slot => new BatchShare(slot, 1)), shares.Take(decoding.Length));

            var prefill = shares.Skip(decoding.Length).ToArray();
            var left = work.ToDictionary(w => w.Slot, w => w.PrefillLeft);
            Assert.All(prefill, share => Assert.InRange(share.Count, 1, left[share.Slot]));

            // In order of admission: all but the last get all they have, and none is skipped.
            Assert.Equal(work.Where(w => w.PrefillLeft > 0).Take(prefill.Length).Select(w => w.Slot), prefill.Select(s => s.Slot));
            Assert.All(prefill.SkipLast(1), share => Assert.Equal(left[share.Slot], share.Count));

            // Nothing is left out that would have fitted.
            Assert.Equal(Math.Min(work.Sum(w => w.PrefillLeft), Math.Min(chunk, budget - decoding.Length)), prefill.Sum(s => s.Count));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_BudgetSmallerThanTheDecodes_IsNotExceeded() =>
        Assert.Equal(
            [new BatchShare(0, 1), new BatchShare(1, 1)],
            BatchPlanner.Plan([new SlotWork(0, 0), new SlotWork(1, 0), new SlotWork(2, 0), new SlotWork(3, 9)], 2, 128));

    [Fact]
    public void Plan_NoWork_IsEmpty() => Assert.Empty(BatchPlanner.Plan([], 512, 128));
}
