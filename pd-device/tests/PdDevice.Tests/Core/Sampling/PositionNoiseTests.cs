using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;

namespace PdDevice.Tests.Core.Sampling;

public sealed class PositionNoiseTests
{
    [Fact]
    public void Gumbel_AnyKey_IsFiniteRepeatableAndChangesWithEachPartOfTheKey() =>
        Prop.ForAll<int, int, int>((seed, index, token) =>
        {
            var noise = new PositionNoise((ulong)seed, index);
            var gumbel = noise.Gumbel(token);
            return double.IsFinite(gumbel) && noise.Uniform(token) is > 0 and < 1
                && new PositionNoise((ulong)seed, index).Gumbel(token) == gumbel
                && new PositionNoise((ulong)seed + 1, index).Gumbel(token) != gumbel
                && new PositionNoise((ulong)seed, index + 1).Gumbel(token) != gumbel
                && noise.Gumbel(token + 1) != gumbel
                && new PositionNoise((ulong)seed, token).Gumbel(index) != gumbel == (index != token);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Uniform_OverTokensIndexesAndSeeds_IsUniformAndUncorrelated()
    {
        (double Previous, double Current)[] pairs =
        [
            .. Enumerable.Range(1, 20_000).Select(i => (new PositionNoise(7, 3).Uniform(i - 1), new PositionNoise(7, 3).Uniform(i))),
            .. Enumerable.Range(1, 20_000).Select(i => (new PositionNoise(7, i - 1).Uniform(3), new PositionNoise(7, i).Uniform(3))),
            .. Enumerable.Range(1, 20_000).Select(i => (new PositionNoise((ulong)i - 1, 7).Uniform(3), new PositionNoise((ulong)i, 7).Uniform(3))),
        ];
        var cells = new int[16, 16];
        foreach (var (previous, current) in pairs) cells[(int)(previous * 16), (int)(current * 16)]++;
        var expected = pairs.Length / 256.0;
        var chiSquare = cells.Cast<int>().Sum(cell => (cell - expected) * (cell - expected) / expected);
        Assert.InRange(chiSquare, 175, 350); // 255 degrees of freedom: mean 255, standard deviation 22.6
    }
}
