using FsCheck;
using FsCheck.Fluent;
using PdDevice.Device.Link;

namespace PdDevice.Tests.Device.Link;

public sealed class MeteredStreamTests
{
    private static readonly EmulatedLinkOptions Slow = new() { RoundTrip = TimeSpan.FromMilliseconds(80), UpBitsPerSecond = 80_000, DownBitsPerSecond = 800_000 };

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Fact]
    public void Write_EmulatedLink_ArrivesAfterSerialisingAndOneWayDelay() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        var meter = new LinkMeter();
        using var link = new MeteredStream(near, new EmulatedLink(Slow, time), meter, time);
        await link.WriteAsync(new byte[200]); // 20 ms at 80 kbit/s
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
        Assert.Equal(200, await TakeAsync(far, 200));
        Assert.Equal(Ms(60), time.Elapsed);
        Assert.Equal((200, 0), (meter.BytesUp, meter.BytesDown));
    });

    [Fact]
    public void Read_EmulatedLink_SurfacesAfterSerialisingAndOneWayDelay() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        var meter = new LinkMeter();
        using var link = new MeteredStream(near, new EmulatedLink(Slow, time), meter, time);
        await far.WriteAsync(new byte[500]); // 5 ms at 800 kbit/s
        await Task.Delay(Ms(44), time);
        Assert.Equal(0, meter.BytesDown);
        Assert.Equal(0, await link.ReadAsync(Memory<byte>.Empty)); // waits for data, takes none
        Assert.Equal(Ms(45), time.Elapsed);
        Assert.Equal(500, await link.ReadAsync(new byte[1000]));
        Assert.Equal((0, 500), (meter.BytesUp, meter.BytesDown));
    });

    [Fact]
    public void Transfer_AnyLinkAndWrites_KeepsBytesAndOrderAndNeverBeatsTheLink() =>
        Prop.ForAll(
            Gen.Choose(0, 500).ToArbitrary(),
            Gen.Elements(0L, 9_600, 1_000_000, 50_000_000).ToArbitrary(),
            Gen.Choose(0, 5000).Zip(Gen.Choose(0, 30)).NonEmptyListOf().ToArbitrary(),
            (rtt, rate, writes) => VirtualTime.Run(async time =>
            {
                var (near, far) = DuplexEnd.Pair();
                var meter = new LinkMeter();
                var options = new EmulatedLinkOptions { RoundTrip = Ms(rtt), UpBitsPerSecond = rate, DownBitsPerSecond = rate };
                var link = new MeteredStream(near, new EmulatedLink(options, time), meter, time);
                var (sent, begun) = (new List<byte>(), time.Elapsed);
                var upwards = Receive(far, echo: true);
                var downwards = Receive(link, echo: false);
                foreach (var (size, pause) in writes)
                {
                    var bytes = Enumerable.Range(sent.Count, size).Select(i => (byte)(i * 31 + (i >> 8))).ToArray();
                    sent.AddRange(bytes);
                    await link.WriteAsync(bytes);
                    await Task.Delay(Ms(pause), time);
                }

                Assert.Equal(sent, await upwards);
                Assert.Equal(sent, await downwards);
                var least = Ms(sent.Count == 0 ? 0 : rtt) + (rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(8.0 * sent.Count / rate));
                Assert.True(time.Elapsed - begun >= least - TimeSpan.FromTicks(writes.Count), $"{time.Elapsed} < {least}");
                Assert.Equal((sent.Count, sent.Count), (meter.BytesUp, meter.BytesDown));
                await link.DisposeAsync();
                await link.Closed;

                async Task<List<byte>> Receive(Stream from, bool echo)
                {
                    var (received, buffer, total) = (new List<byte>(), new byte[700], writes.Sum(write => write.Item1));
                    while (received.Count < total)
                    {
                        var count = await from.ReadAsync(buffer);
                        Assert.NotEqual(0, count);
                        received.AddRange(buffer[..count]);
                        if (echo) await from.WriteAsync(buffer.AsMemory(0, count));
                    }

                    return received;
                }
            })).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_ConsumerStops_ReadAheadIsBoundedAndNothingIsLost() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair(capacity: 4);
        using var link = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        var accepted = 0;
        var producer = Produce();
        await Task.Delay(TimeSpan.FromHours(1), time);
        Assert.InRange(accepted, 64, 128); // the window of this link, 64 KiB and twice its bandwidth-delay product, in KiB
        var received = 0;
        while (received < 300 * 1024) received += await link.ReadAsync(new byte[4096]);
        await producer;

        async Task Produce()
        {
            for (; accepted < 300; accepted++) await far.WriteAsync(new byte[1024]);
        }
    });

    [Fact]
    public void Dispose_WithBytesUnderWay_ReturnsAtOnceDeliversThemAndClosesOneWayLater() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        var link = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        await link.WriteAsync(new byte[200]);
        var read = TakeAsync(link, 1);
        link.Dispose();
        link.Dispose();
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await link.WriteAsync(new byte[1]));
        Assert.Equal(200, await TakeAsync(far, 200));
        Assert.Equal(0, await far.ReadAsync(new byte[1]));
        await link.Closed;
        Assert.True(near.Disposed);
        Assert.Equal(Ms(60), time.Elapsed);
    });

    [Fact]
    public void Dispose_NothingWritten_ClosesAfterTheOneWayDelay() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time).Dispose();
        Assert.Equal(0, await far.ReadAsync(new byte[1]));
        Assert.Equal(Ms(40), time.Elapsed);
    });

    [Fact]
    public void Dispose_PeerTakesNothing_ClosesAfterTheLinger() => VirtualTime.Run(async time =>
    {
        var (near, _) = DuplexEnd.Pair(capacity: 1);
        var link = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        await link.WriteAsync(new byte[3000]);
        link.Dispose();
        await link.Closed;
        Assert.Equal(MeteredStream.Linger, time.Elapsed);
    });

    [Fact]
    public void Read_PeerClosesOrFails_IsSeenAfterBytesAndOneWayDelay() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        using var closed = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        await far.WriteAsync(new byte[500]);
        await far.DisposeAsync();
        Assert.Equal(500, await closed.ReadAsync(new byte[1000]));
        Assert.Equal(0, await closed.ReadAsync(new byte[1]));
        Assert.Equal(Ms(45), time.Elapsed);

        (near, far) = DuplexEnd.Pair();
        using var failed = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        far.Fail(new IOException("reset"));
        var error = await Assert.ThrowsAsync<IOException>(() => TakeAsync(failed, 1));
        Assert.Equal("reset", error.Message);
        Assert.Equal(Ms(85), time.Elapsed);
    });

    [Fact]
    public void ReadAndWrite_Cancelled_StopWaitingAndLoseNothing() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        using var link = new MeteredStream(near, new EmulatedLink(Slow, time), new LinkMeter(), time);
        await far.WriteAsync(new byte[] { 1, 2, 3 });
        foreach (var wait in new[] { 0, 10, 20 }) // before it came, then on the way
        {
            using var cancel = new CancellationTokenSource(Ms(wait), time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TakeAsync(link, 9, cancel.Token));
        }

        Assert.Equal(Ms(30), time.Elapsed);
        Assert.Equal(3, await TakeAsync(link, 3));
        using var stop = new CancellationTokenSource(Ms(100), time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await link.WriteAsync(new byte[1_000_000], stop.Token));
    });

    [Fact]
    public void ReadAndWrite_NothingEmulated_OnlyCounts() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        var meter = new LinkMeter();
        var link = new MeteredStream(near, link: null, meter, time);
        var before = time.Steps;
        Assert.True(link.WriteAsync(new byte[70]).AsTask().IsCompletedSuccessfully);
        Assert.Equal(1, far.Writes);
        await far.WriteAsync(new byte[30]);
        Assert.Equal(30, await link.ReadAsync(new byte[100]));
        Assert.Equal((70, 30), (meter.BytesUp, meter.BytesDown));
        Assert.Equal((before, TimeSpan.Zero), (time.Steps, time.Elapsed));
        await link.DisposeAsync();
        Assert.True(near.Disposed);
    });

    /// <summary>Reads until there are so many or the end. (The framework's ReadAtLeastAsync leaves the context.)</summary>
    private static async Task<int> TakeAsync(Stream from, int wanted, CancellationToken cancellationToken = default)
    {
        var taken = 0;
        while (taken < wanted && await from.ReadAsync(new byte[wanted - taken], cancellationToken) is var count and > 0) taken += count;
        return taken;
    }
}
