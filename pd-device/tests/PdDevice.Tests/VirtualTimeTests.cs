using System.Threading.Channels;

namespace PdDevice.Tests;

public sealed class VirtualTimeTests
{
    [Fact]
    public void Run_TimersDueTogetherAndApart_FireInDueThenArmingOrder()
    {
        var fired = new List<string>();
        VirtualTime.Run(async time =>
        {
            using var late = time.CreateTimer(_ => fired.Add("late"), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
            using var first = time.CreateTimer(_ => fired.Add("first"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            using var second = time.CreateTimer(_ => fired.Add("second"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            using var gone = time.CreateTimer(_ => fired.Add("gone"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            gone.Dispose();
            await Task.Delay(TimeSpan.FromHours(1), time);
            Assert.Equal(TimeSpan.FromHours(1), time.Elapsed);
            Assert.Equal(time.Elapsed, time.GetElapsedTime(0));
        });
        Assert.Equal(["first", "second", "late"], fired);
    }

    [Fact]
    public void Run_PeriodicTimer_FiresEveryPeriodUntilDisposed()
    {
        VirtualTime.Run(async time =>
        {
            var at = new List<double>();
            var timer = time.CreateTimer(_ => at.Add(time.Elapsed.TotalSeconds), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromSeconds(6), time);
            await timer.DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(6), time);
            Assert.Equal([1, 3, 5], at);
        });
    }

    [Fact]
    public void Run_ChannelsDelaysAndCompletionSources_StayOnTheThread()
    {
        var thread = Environment.CurrentManagedThreadId;
        VirtualTime.Run(async time =>
        {
            var channel = Channel.CreateBounded<int>(1);
            var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            var consumer = Consume();
            for (var i = 0; i < 100; i++) await channel.Writer.WriteAsync(i);
            channel.Writer.Complete();
            Assert.Equal(4950, await done.Task);
            await consumer;
            Assert.Equal(TimeSpan.FromMilliseconds(500), time.Elapsed);

            async Task Consume()
            {
                var sum = 0;
                while (await channel.Reader.WaitToReadAsync())
                {
                    if (channel.Reader.TryRead(out var value)) sum += value;
                    Assert.Equal(thread, Environment.CurrentManagedThreadId);
                    await Task.Delay(TimeSpan.FromMilliseconds(5), time);
                }

                done.SetResult(sum);
            }
        });
    }

    [Fact]
    public void Run_DelayCancelledByTimedSource_ThrowsAtThatInstant()
    {
        VirtualTime.Run(async time =>
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(3), time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(9), time, cancel.Token));
            Assert.Equal(TimeSpan.FromSeconds(3), time.Elapsed);
        });
    }

    [Fact]
    public void Run_NothingCanEverRun_FailsAsDeadlock()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => VirtualTime.Run(async _ => await new TaskCompletionSource().Task));
        Assert.Contains("deadlock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_EndlessBody_FailsAtTheStepLimit()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => VirtualTime.Run(
            async time =>
            {
                while (true) await Task.Delay(TimeSpan.FromSeconds(1), time);
            },
            stepLimit: 1000));
        Assert.Contains("1000 steps", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WorkComesBackFromAnotherThread_FailsAndSaysSo()
    {
        using var awaited = new ManualResetEventSlim();
        var failure = Assert.Throws<InvalidOperationException>(() => VirtualTime.Run(async time =>
        {
            var held = new TaskCompletionSource();
            new Thread(() =>
            {
                awaited.Wait();
                held.SetResult();
            }) { IsBackground = true }.Start();
            using var timer = time.CreateTimer(_ => awaited.Set(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            await held.Task;
        }));
        Assert.Contains("thread pool", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BodyThrows_TheExceptionComesOutAndTheContextIsRestored()
    {
        var before = SynchronizationContext.Current;
        Assert.Throws<TimeoutException>(() => VirtualTime.Run(async time =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            throw new TimeoutException();
        }));
        Assert.Same(before, SynchronizationContext.Current);
    }
}
