using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud;

/// <summary>A cloud that is told to end, in virtual time.</summary>
public sealed class DrainTests
{
    private static readonly CloudOptions Options = new() { Slots = 2, QueueLength = 4, PrefixBytes = 0 };

    [Fact]
    public void DrainAsync_TimeEnough_WaitingOnesArePreemptedAtOnceAndRunningOnesFinish() => Serve(async (time, cloud) =>
    {
        var running = Enumerable.Range(0, 2).Select(i => cloud.Assist(Request(10, 100, seed: i), "")).ToArray();
        await ReadOneAsync(running[1]);
        var waiting = Enumerable.Range(0, 2).Select(i => cloud.Assist(Request(10, 100, seed: i + 5), "")).ToArray();
        var draining = cloud.DrainAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.True(cloud.Draining);
        Assert.Equal("draining", Refused(cloud, Request(10, 10)));
        var began = time.Elapsed;
        foreach (var one in waiting)
        {
            var (tokens, end) = await ReadAsync(one);
            Assert.Equal((0, AssistEndReason.Preempted, TimeSpan.Zero), (tokens.Length, end.Reason, end.Occupancy));
        }

        Assert.InRange((time.Elapsed - began).TotalMilliseconds, 0, 50); // a step or two, not until a slot is free
        await draining;
        foreach (var one in running) Assert.Equal((AssistEndReason.Lease, 100), ((await ReadAsync(one)).End.Reason, one.End!.Decoded));
        Assert.Equal("draining", Refused(cloud, Request(10, 10)));
    }, options: Options);

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void DrainAsync_TimeUp_RunningOnesEndAsPreemptedWithWhatTheyHave(int timeoutMs) => Serve(async (time, cloud) =>
    {
        var running = cloud.Assist(Request(10, 1000), "");
        await ReadOneAsync(running);
        var began = time.Elapsed;
        await cloud.DrainAsync(TimeSpan.FromMilliseconds(timeoutMs), CancellationToken.None);
        Assert.InRange((time.Elapsed - began).TotalMilliseconds, timeoutMs, timeoutMs + 20);
        Assert.Equal(AssistEndReason.Preempted, running.End!.Reason);
        Assert.InRange(running.End.Decoded, 1 + (timeoutMs / 10) - 1, 1 + (timeoutMs / 10) + 2);
    }, options: Options);

    [Fact]
    public void DrainAsync_ToldToEndNow_DoesNotWaitForItsTime() => Serve(async (time, cloud) =>
    {
        var running = cloud.Assist(Request(10, 1000), "");
        await ReadOneAsync(running);
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), time);
        var began = time.Elapsed;
        await cloud.DrainAsync(TimeSpan.FromMinutes(1), now.Token);
        Assert.InRange((time.Elapsed - began).TotalMilliseconds, 100, 120);
        Assert.Equal(AssistEndReason.Preempted, running.End!.Reason);
    }, options: Options);

    [Fact]
    public void DrainAsync_NothingRuns_IsDoneAtOnce() => Serve(async (time, cloud) =>
    {
        await ReadAsync(cloud.Assist(Request(10, 10), ""));
        var began = time.Elapsed;
        await cloud.DrainAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal(began, time.Elapsed);
    }, options: Options);

    // What has its first token is running for the one who asked, wherever it is between two engines.
    [Fact]
    public void DrainAsync_DisaggregatedPools_WhatWaitsBetweenThemFinishes() => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        using var metrics = new CloudMetrics();
        var options = Options with { Slots = 1, PrefillSlots = 2 };
        var pools = new EnginePools(
            options, new PacedEngine(new ScriptedEngine(), Rates, time), new PacedEngine(new ScriptedEngine(2), Rates, time), Rates, metrics, time);
        var run = pools.RunAsync(stop.Token);
        var cloud = new CloudService(pools, Rates, options, metrics);
        var begun = Enumerable.Range(0, 2).Select(i => cloud.Assist(Request(10, 50, seed: i), "")).ToArray();
        foreach (var one in begun) await ReadOneAsync(one); // one decodes, the other waits for it
        await cloud.DrainAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.All(begun, one => Assert.Equal((AssistEndReason.Lease, 50), (one.End!.Reason, one.End.Decoded)));
        stop.Cancel();
        await run;
    });
}
