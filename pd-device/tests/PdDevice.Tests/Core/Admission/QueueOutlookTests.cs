using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Core.Admission;

public sealed class QueueOutlookTests
{
    // Rates of one token a second each, so that the clock of the queue below can tick in whole seconds.
    private static readonly QueueSpeed Ticks = new(1, 1);

    private static readonly Gen<QueueWork[]> Works = Gen.Choose(0, 2)
        .SelectMany(_ => Gen.Choose(0, 9), (owner, prefill) => (owner, prefill))
        .SelectMany(_ => Gen.Choose(1, 9), (known, tokens) => (known.owner, known.prefill, tokens))
        .SelectMany(_ => Gen.Choose(0, 1), (known, slot) => new QueueWork($"{known.owner}", known.prefill, known.tokens, slot == 1))
        .ListOf().Select(list => list.Take(20).ToArray());

    [Fact]
    public void Outlook_AnyQueue_IsWhatTheQueueDoesTickByTick() =>
        Prop.ForAll(Works.ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (works, slots, prefill) =>
        {
            slots = Math.Max(slots, works.Count(work => work.InSlot));
            var outlook = new QueueOutlook(works, slots, Ticks);
            var (first, ends) = Play(works, slots, prefill);
            Assert.Equal(first, outlook.FirstToken(prefill).TotalSeconds);
            for (var count = 1; count <= works.Length; count++)
                Assert.Equal(ends.Order().ElementAt(count - 1), outlook.Ended(count).TotalSeconds);
            var own = ends.Where((_, i) => works[i].Owner == "1").Order().ToArray();
            for (var count = 1; count <= own.Length; count++) Assert.Equal(own[count - 1], outlook.Ended(count, "1").TotalSeconds);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Outlook_NothingAhead_IsThePrefillAlone()
    {
        var outlook = new QueueOutlook([], 4, new QueueSpeed(0.001, 0.02));
        Assert.Equal(1.5, outlook.FirstToken(1500).TotalSeconds, 1e-9);
        Assert.Equal(TimeSpan.Zero, outlook.Ended(3));
        Assert.Equal(TimeSpan.Zero, outlook.Ended(1, "nobody"));
    }

    [Fact]
    public void Outlook_RatesOfAStuckClock_IsLateAndDoesNotOverflow() =>
        Assert.Equal(1e9, new QueueOutlook([new QueueWork("", 1000, 1000, true)], 1, new QueueSpeed(1e300, double.PositiveInfinity)).FirstToken(1).TotalSeconds);

    /// <summary>The queue as a reader would play it on a table: a tick is a second.</summary>
    private static (int First, int[] Ends) Play(QueueWork[] works, int slots, int prefill)
    {
        var all = works.Append(new QueueWork("new", prefill, 1, false)).ToArray();
        var left = all.Select(work => (Prefill: work.PrefillLeft, Tokens: work.TokensLeft)).ToArray();
        var ends = new int[all.Length];
        var first = -1;
        var running = Enumerable.Range(0, all.Length).Where(i => all[i].InSlot).ToList();
        var waiting = new Queue<int>(Enumerable.Range(0, all.Length).Where(i => !all[i].InSlot));
        for (var now = 0; first < 0 || running.Count > 0 || waiting.Count > 0; now++)
        {
            while (running.Count < slots && waiting.TryDequeue(out var next)) running.Add(next);
            var prefilled = running.FindIndex(i => left[i].Prefill > 0);
            var one = prefilled < 0 ? -1 : running[prefilled];
            foreach (var i in running.Where(i => left[i].Prefill == 0)) left[i].Tokens--;
            if (one >= 0 && --left[one].Prefill == 0 && one == all.Length - 1) first = now + 1;
            foreach (var i in running.Where(i => left[i].Tokens == 0).ToArray())
            {
                ends[i] = now + 1;
                running.Remove(i);
            }
        }

        return (first, ends[..^1]);
    }
}
