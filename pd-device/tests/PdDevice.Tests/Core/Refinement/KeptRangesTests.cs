using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Refinement;

namespace PdDevice.Tests.Core.Refinement;

/// <summary>Invariant 10 for a refined prompt: what does not fit is refused with a sentence and nothing is thrown.</summary>
public sealed class KeptRangesTests
{
    public static TheoryData<string, int[]?> Hostile => new()
    {
        { "nothing", null },
        { "odd", [0, 4, 90] },
        { "overlapping", [0, 50, 49, 51] },
        { "out of order", [90, 10, 0, 4] },
        { "before the prompt", [-5, 10, 68, 32] },
        { "behind the prompt", [0, 4, 68, 33] },
        { "an empty range", [0, 0, 0, 100] },
        { "a negative count", [0, 4, 50, -40, 68, 32] },
        { "sums that overflow", [0, 4, int.MaxValue, int.MaxValue] },
        { "a count that overflows", [0, 4, 90, int.MaxValue] },
        { "a million", [.. Enumerable.Range(0, 2_000_000)] },
        { "a protected position missing", [0, 4, 21, 79] },
        { "the last position missing", [0, 99] },
        { "fewer than asked for", [0, 4, 20, 1, 68, 32] },
        { "none", [] },
    };

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)] // a million numbers would be written out
    public void TryRead_Invariant10_HostileRanges_AreRefusedWithASentence(string what, int[]? flat)
    {
        Assert.False(KeptRanges.TryRead(flat, 100, [new(0, 4), new(20, 1), new(68, 32)], 40, out var kept, out var problem), what);
        Assert.Null(kept);
        Assert.EndsWith(".", problem);
    }

    [Fact]
    public void TryRead_AMillionRanges_AreRefusedByTheirLength()
    {
        int[] flat = [.. Enumerable.Range(0, 1_000_000).SelectMany(i => new[] { 2 * i, 1 })];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(KeptRanges.TryRead(flat, 3000, [], 0, out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    [Fact]
    public void TryRead_AdjacentRangesThatCoverAProtectedOneTogether_AreTaken()
    {
        Assert.True(KeptRanges.TryRead([0, 10, 10, 10, 20, 80], 100, [new(5, 30)], 50, out var kept, out _));
        Assert.Equal(100, kept!.Count);
        Assert.Equal([98, 99], kept.From(98));
    }

    // Against a set of positions, for any numbers at all.
    [Fact]
    public void TryRead_AnyNumbers_TakenExactlyWhenRisingDisjointInsideAndComplete() =>
        Prop.ForAll(Gen.Choose(-2, 12).ArrayOf().Resize(8).ToArbitrary(), Gen.Choose(0, 9).ToArbitrary(), (flat, must) =>
        {
            var positions = flat.Length % 2 == 0
                ? Enumerable.Range(0, flat.Length / 2).SelectMany(i => Enumerable.Range(flat[2 * i], Math.Max(0, flat[(2 * i) + 1]))).ToArray()
                : [];
            var fits = flat.Length % 2 == 0 && flat.Length <= 20 && flat.Where((_, i) => i % 2 == 1).All(count => count > 0)
                && positions.SequenceEqual(positions.Distinct().Order()) && positions.All(p => p is >= 0 and < 10)
                && positions.Contains(must) && positions.Length >= 3;
            Assert.Equal(fits, KeptRanges.TryRead(flat, 10, [new(must, 1)], 3, out var kept, out _));
            if (fits) Assert.Equal(positions, kept!.From(0));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
