using FsCheck;
using FsCheck.Fluent;
using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Tests.Events;

public sealed class EventQueueTests
{
    [Fact]
    public void TryTake_AnyEvents_ComeByTimeAndThenInTheOrderTheyWereAdded() =>
        Prop.ForAll(Gen.Choose(0, 20).ArrayOf().Resize(200).ToArbitrary(), instants =>
        {
            var queue = new EventQueue<int>();
            for (var i = 0; i < instants.Length; i++) queue.Add(instants[i], i);
            var taken = new List<int>();
            while (queue.TryTake(out var what))
            {
                Assert.Equal(instants[what], queue.Now);
                taken.Add(what);
            }

            Assert.Equal(Enumerable.Range(0, instants.Length).OrderBy(i => instants[i]), taken);
            Assert.Equal(instants.Length, queue.Taken);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Add_InThePast_IsRefused()
    {
        var queue = new EventQueue<int>();
        queue.Add(5, 0);
        Assert.True(queue.TryTake(out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.Add(4, 1));
    }

    [Fact]
    public void AddAndTake_OnceItHasGrown_AllocateNothing()
    {
        var queue = new EventQueue<int>();
        Turn(2000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(100_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Turn(int events)
        {
            for (var i = 0; i < 1000; i++) queue.Add(queue.Now + i, i);
            for (var i = 0; i < events; i++)
            {
                queue.TryTake(out var what);
                queue.Add(queue.Now + 1 + (what % 7), what);
            }

            while (queue.TryTake(out _))
            {
            }
        }
    }
}
