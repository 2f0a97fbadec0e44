using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Prefixes;

namespace PdDevice.Tests.Core.Prefixes;

public sealed class PrefixCacheTests
{
    private const int Least = 4;

    private static readonly Gen<int[]> Tokens = Gen.Choose(0, 1).ArrayOf().Resize(12);
    private static readonly Gen<(string Scope, int[] Tokens, int Size)> Use =
        from scope in Gen.Elements("a", "b", PrefixCache<string>.Shared)
        from tokens in Tokens
        from size in Gen.Choose(1, 40)
        select (scope, tokens, size);

    // Scoped, bounded and truthful, whatever is kept in whatever order: against a list of all that was ever put in.
    [Fact]
    public void Find_AnyHistory_LongestPrefixOfItsOwnScopeOrTheSharedAndNeverOverCapacity() =>
        Prop.ForAll(Use.ListOf().ToArbitrary(), Use.ToArbitrary(), (history, asked) =>
        {
            var cache = new PrefixCache<string>(100, Least);
            foreach (var (scope, tokens, size) in history)
            {
                cache.Put(scope, tokens, $"{scope}:{string.Join(',', tokens)}", size);
                Assert.InRange(cache.Size, 0, 100);
            }

            if (cache.Find(asked.Scope, asked.Tokens) is not { } hit) return;
            var parts = hit.State.Split(':');
            int[] kept = [.. parts[1].Split(',').Select(int.Parse)];
            Assert.True(parts[0] == asked.Scope || parts[0] == PrefixCache<string>.Shared);
            Assert.Equal(asked.Tokens.AsSpan().CommonPrefixLength(kept), hit.Tokens);
            Assert.InRange(hit.Tokens, Least, asked.Tokens.Length);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Drop_AState_ItAloneIsNotFoundAgainAndItsRoomIsFree()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put("a", [1, 2, 3, 4, 5], "one", 60);
        cache.Put("a", [6, 7, 8, 9], "other", 30);
        cache.Drop("one");
        cache.Drop("never there");
        Assert.Null(cache.Find("a", [1, 2, 3, 4, 5]));
        Assert.Equal(("other", 30), (cache.Find("a", [6, 7, 8, 9])!.Value.State, cache.Size));
    }

    [Fact]
    public void HasRoom_SharedStatesArePinned_OnlyTheRestCounts()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put(PrefixCache<string>.Shared, [1, 2, 3, 4], "pinned", 60);
        cache.Put("a", [1, 2, 3, 4, 5], "may go", 40);
        Assert.Equal((true, false), (cache.HasRoom(40), cache.HasRoom(41)));
    }

    [Fact]
    public void Find_SeveralShareAPrefix_TakesTheLongest()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put("a", [1, 2, 3, 4, 9], "short", 10);
        cache.Put("a", [1, 2, 3, 4, 5, 6, 8], "long", 10);
        Assert.Equal(new PrefixHit<string>("long", 6), cache.Find("a", [1, 2, 3, 4, 5, 6, 7]));
    }

    [Fact]
    public void Find_AnotherScope_IsAsIfItWereNotThere()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put("a", [1, 2, 3, 4, 5], "a's", 10);
        Assert.Null(cache.Find("b", [1, 2, 3, 4, 5]));
        cache.Put(PrefixCache<string>.Shared, [1, 2, 3, 4], "everybody's", 10);
        Assert.Equal(new PrefixHit<string>("everybody's", 4), cache.Find("b", [1, 2, 3, 4, 5]));
    }

    [Fact]
    public void Put_NoRoom_TheLeastRecentlyUsedGoesAndTheSharedStays()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put(PrefixCache<string>.Shared, [9, 9, 9, 9], "system", 30);
        cache.Put("a", [1, 1, 1, 1], "one", 30);
        cache.Put("a", [2, 2, 2, 2], "two", 30);
        Assert.NotNull(cache.Find("a", [1, 1, 1, 1]));
        Assert.True(cache.Put("b", [3, 3, 3, 3], "three", 30));
        Assert.Null(cache.Find("a", [2, 2, 2, 2]));
        Assert.NotNull(cache.Find("a", [1, 1, 1, 1]));
        Assert.NotNull(cache.Find("a", [9, 9, 9, 9]));
        Assert.Equal((90L, 3, 1L), (cache.Size, cache.Count, cache.Evictions));
    }

    [Fact]
    public void Put_LargerThanWhatThereIs_KeepsWhatWasThere()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put("a", [1, 1, 1, 1], "one", 60);
        Assert.False(cache.Put("a", [1, 1, 1, 1, 2], "two", 101));
        Assert.NotNull(cache.Find("a", [1, 1, 1, 1]));
    }

    [Fact]
    public void Put_Extension_TakesThePlaceOfWhatItExtends()
    {
        var cache = new PrefixCache<string>(100, Least);
        cache.Put("a", [1, 1, 1, 1], "turn 1", 40);
        Assert.True(cache.Put("a", [1, 1, 1, 1, 2], "turn 2", 50));
        Assert.Equal((50L, 1, 0L), (cache.Size, cache.Count, cache.Evictions));
        Assert.False(cache.Put("a", [1, 1, 1, 1], "turn 1 again", 40));
    }

    [Fact]
    public void Put_CapacityZeroOrTooShort_KeepsNothing()
    {
        Assert.False(new PrefixCache<string>(0, Least).Put("a", [1, 1, 1, 1], "x", 0));
        Assert.False(new PrefixCache<string>(100, Least).Put("a", [1, 1, 1], "x", 1));
    }
}
