using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Links;
using PdDevice.Device.Link;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Device.Link;

/// <summary>Links replayed from traces, in virtual time.</summary>
public sealed class TracedLinkTests : IDisposable
{
    private const int Packet = CapacityTrace.OpportunityBytes;

    /// <summary>Gaps between opportunities, ms: several at once, a steady trickle, and silences.</summary>
    private static readonly Gen<int[]> Gaps =
        from gaps in Gen.Frequency((3, Gen.Constant(0)), (4, Gen.Choose(1, 20)), (1, Gen.Choose(100, 3000))).NonEmptyListOf()
        from last in Gen.Choose(1, 50)
        select (int[])[.. gaps, last];

    /// <summary>What is written, and the pause after it in ms.</summary>
    private static readonly Gen<(int Bytes, int Pause)[]> Writes =
        Gen.Frequency((3, Gen.Choose(1, 200)), (1, Gen.Choose(1, 9000))).Zip(Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(0, 400)))).NonEmptyListOf().Select(list => list.ToArray());

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Transfer_AnyCapacityTrace_CarriesAllInOrderJustAsFastAsItsOpportunitiesAllow() =>
        Prop.ForAll(Gaps.ToArbitrary(), Gen.Choose(0, 5000).ToArbitrary(), Writes.ToArbitrary(), (gaps, from, writes) =>
        {
            var trace = Trace(gaps, out var instants);
            foreach (var upwards in new[] { true, false })
                VirtualTime.Run(async time =>
                {
                    var options = new EmulatedLinkOptions
                    {
                        UpTrace = upwards ? trace : null, DownTrace = upwards ? null : trace, From = Ms(from),
                    };
                    var received = await SendAsync(time, options, upwards, writes);
                    var (sent, allowed) = (0, new Reference(instants, from));
                    var at = 0;
                    foreach (var (bytes, pause) in writes)
                    {
                        sent += bytes;
                        Assert.Equal(allowed.Carry(at, bytes), Whole(received.First(read => read.Count >= sent).At));
                        at += pause;
                    }

                    Assert.Equal(sent, received[^1].Count);
                    Assert.All(received, read => Assert.True(read.Count <= (long)Packet * Opportunities(instants, from, Whole(read.At)), $"{read.Count} bytes at {read.At}"));
                });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Transfer_AnyDrawnRoundTripsAndLosses_KeepsBytesAndOrderAndNeverBeatsTheTrace() =>
        Prop.ForAll(
            Gaps.ToArbitrary(), Writes.ToArbitrary(),
            (from min in Gen.Choose(0, 80) from span in Gen.Choose(0, 300) from loss in Gen.Choose(0, 60) from seed in Gen.Choose(0, 1000) select (min, span, loss, seed)).ToArbitrary(),
            (gaps, writes, pings) => VirtualTime.Run(async time =>
            {
                var options = new EmulatedLinkOptions
                {
                    UpTrace = Trace(gaps, out var instants),
                    RoundTrips = Pings($"{pings.min + (pings.span / 3)},{pings.min},{pings.min + pings.span},{pings.span / 2},{pings.loss}", "-,-,-,-,100"),
                    Seed = pings.seed,
                };
                var received = await SendAsync(time, options, upwards: true, writes);
                Assert.Equal(writes.Sum(write => write.Bytes), received[^1].Count);
                foreach (var (count, at) in received)
                {
                    var left = at - Ms(pings.min / 2.0);
                    Assert.True(count <= (long)Packet * Opportunities(instants, 0, (int)Math.Floor(left.TotalMilliseconds)), $"{count} bytes at {at}");
                }
            })).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_TwoConnectionsOfOneLink_ShareItsCapacity() => VirtualTime.Run(async time =>
    {
        var link = new EmulatedLink(new EmulatedLinkOptions { UpTrace = Trace([10], out _) }, time);
        var ends = new List<TimeSpan>();
        var transfers = Enumerable.Range(0, 2).Select(async _ =>
        {
            var (near, far) = DuplexEnd.Pair();
            var stream = new MeteredStream(near, link, new LinkMeter(), time);
            await stream.WriteAsync(new byte[10 * Packet]);
            for (var taken = 0; taken < 10 * Packet;) taken += await far.ReadAsync(new byte[Packet]);
            ends.Add(time.Elapsed);
        }).ToArray();
        foreach (var transfer in transfers) await transfer;
        Assert.Equal([Ms(100), Ms(200)], ends.Order());
    });

    [Fact]
    public void Dispose_SilentLink_TheEndWaitsForAnOpportunityToo() => VirtualTime.Run(async time =>
    {
        var (near, far) = DuplexEnd.Pair();
        new MeteredStream(near, new EmulatedLink(new EmulatedLinkOptions { UpTrace = Trace([4000], out _) }, time), new LinkMeter(), time).Dispose();
        Assert.Equal(0, await far.ReadAsync(new byte[1]));
        Assert.Equal(Ms(4000), time.Elapsed);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Transfer_DrawnRoundTrips_AreThoseOfTheirRowAndTheSameForASeed(int seed) => VirtualTime.Run(async time =>
    {
        var options = new EmulatedLinkOptions { RoundTrips = Pings("70,60,90,5,0"), Seed = seed };
        var writes = Enumerable.Repeat((Bytes: 1, Pause: 100), 300).ToArray();
        var delays = await DelaysAsync(time, options, writes);
        Assert.All(delays, delay => Assert.InRange(delay, 30, 46)); // a timer rounds up to a whole ms
        Assert.InRange(delays.Average(), 34.5, 36.5);
        Assert.InRange(delays.Distinct().Count(), 5, 40);
        Assert.Equal(delays, await DelaysAsync(time, options, writes));
        Assert.NotEqual(delays, await DelaysAsync(time, options with { Seed = seed + 2 }, writes));
    });

    [Fact]
    public void Transfer_LossyRow_WhatIsLostComesAfterTheRetransmissionTimeout() => VirtualTime.Run(async time =>
    {
        var options = new EmulatedLinkOptions { RoundTrips = Pings("50,50,50,0,36") }; // 20% each way
        var delays = await DelaysAsync(time, options, [.. Enumerable.Repeat((Bytes: 1, Pause: 10_000), 500)]);
        Assert.InRange(delays.Count(delay => delay == 25) / 500.0, 0.75, 0.85);
        Assert.InRange(delays.Count(delay => delay == 275) / 500.0, 0.12, 0.20);
        Assert.Subset(new HashSet<double> { 25, 275, 775, 1775, 3775, 7775 }, delays.ToHashSet());
    });

    private static async Task<List<(int Count, TimeSpan At)>> SendAsync(
        VirtualTime time, EmulatedLinkOptions options, bool upwards, IReadOnlyList<(int Bytes, int Pause)> writes)
    {
        var (near, far) = DuplexEnd.Pair();
        var begun = time.Elapsed;
        var link = new MeteredStream(near, new EmulatedLink(options, time), new LinkMeter(), time);
        var (received, total) = (new List<(int Count, TimeSpan At)>(), writes.Sum(write => write.Bytes));
        Stream into = upwards ? link : far, from = upwards ? far : link;
        var reading = ReadAsync();
        var sent = 0;
        foreach (var (bytes, pause) in writes)
        {
            await into.WriteAsync(Enumerable.Range(sent, bytes).Select(Content).ToArray());
            sent += bytes;
            if (pause > 0) await Task.Delay(Ms(pause), time);
        }

        await reading;
        await link.DisposeAsync();
        await link.Closed;
        return received;

        async Task ReadAsync()
        {
            var (buffer, count) = (new byte[Packet], 0);
            while (count < total)
            {
                var read = await from.ReadAsync(buffer);
                Assert.NotEqual(0, read);
                Assert.Equal(Enumerable.Range(count, read).Select(Content), buffer[..read]);
                received.Add((count += read, time.Elapsed - begun));
            }
        }
    }

    private static byte Content(int index) => (byte)((index * 31) + (index >> 8));

    private static async Task<double[]> DelaysAsync(VirtualTime time, EmulatedLinkOptions options, (int Bytes, int Pause)[] writes)
    {
        var received = await SendAsync(time, options, upwards: true, writes);
        return [.. received.Select((read, i) => (read.At - Ms(i * writes[0].Pause)).TotalMilliseconds)];
    }

    /// <summary>Opportunities of the repeated trace from one instant of it until so many ms later.</summary>
    private static long Opportunities(int[] instants, int from, int ms)
    {
        var count = 0L;
        for (var cycle = 0L; cycle <= from + ms; cycle += instants[^1]) count += instants.Count(at => cycle + at >= from && cycle + at <= from + ms);
        return count;
    }

    private CapacityTrace Trace(int[] gaps, out int[] instants)
    {
        var at = 0;
        instants = [.. gaps.Select(gap => at += gap)];
        return TraceFile.Capacity(_folder.Write("link", string.Join('\n', instants)));
    }

    private RoundTripTrace Pings(params string[] rows) =>
        TraceFile.RoundTrips(_folder.Write("pings.csv", $"PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS\n{string.Join('\n', rows)}"));

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static int Whole(TimeSpan time) => (int)(time.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The trace gone through one opportunity after the other, as mahimahi does.</summary>
    private sealed class Reference(int[] instants, int from)
    {
        private int _next;
        private int _cycle;
        private int _room = Packet;

        /// <summary>When the last of these bytes is through, ms since the link began.</summary>
        public int Carry(int at, int bytes)
        {
            while (true)
            {
                var now = _cycle + instants[_next] - from;
                if (now >= at && bytes <= _room)
                {
                    _room -= bytes;
                    return now;
                }

                if (now >= at) bytes -= _room;
                _room = Packet;
                if (++_next < instants.Length) continue;
                _next = 0;
                _cycle += instants[^1];
            }
        }
    }
}
