using PdDevice.Cloud;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Inference.StandIns;
using Xunit.Abstractions;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// Lease and catch-up with and without a refined prompt, against the closed form of design section 6: with the arrivals T1
/// and s and the positions m and W as they were, <c>K = (s + W/p - T1) / (tau - 1/p)</c> and <c>ready(K) = s + (W + K)/p</c>. The lease is the
/// planner's, whose margin (a slower prefill, a chunk, a decode step) is added to the form.
/// In virtual time, at the rates of the profiles, the end of generation held back.
/// </summary>
public sealed class CatchUpFormTests(ITestOutputHelper output)
{
    private static readonly EngineRates Cloud = new(4000, 100);

    [Theory]
    [InlineData("phone", 2000)]
    [InlineData("phone", 3000)]
    [InlineData("phone-cpu", 2000)]
    [InlineData("phone-cpu", 3000)]
    public void RunAsync_WithAndWithoutRefinement_LeaseAndCatchUpMatchTheClosedForm(string profile, int prompt)
    {
        Assert.True(EngineProfile.TryParse(profile, out var device, out _));
        var raw = Run(device.Rates, prompt, null);
        var refined = Run(device.Rates, prompt, 0.5);
        Assert.InRange(refined.Lease, 1, 0.6 * raw.Lease);
        Assert.InRange(refined.Occupancy, 1, 0.9 * raw.Occupancy);
        Assert.True(refined.CaughtUp < 0.7 * raw.CaughtUp);
    }

    private (int Lease, TimeSpan CaughtUp, double Occupancy) Run(EngineRates rates, int prompt, double? keepRatio)
    {
        (int, TimeSpan, double) found = default;
        VirtualTime.Run(async time =>
        {
            using var stop = new CancellationTokenSource();
            var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(), Cloud, time), Cloud, time, stop.Token, new CloudOptions { Slots = 1, MaxLease = 4096 });
            var cloud = new RefiningCloud(new InProcessCloud(loop, Scripted.OneWay, time)) { After = keepRatio is null ? int.MaxValue : 1 }; // with the first token: what is captured is the end of the prompt
            var request = Scripted.Request(prompt, 4096 - prompt, 0) with { KeepRatio = keepRatio };
            var engine = new PacedEngine(new ScriptedEngine(), rates, time);
            var answer = new Answer(engine, rates, cloud, request, time);
            var shown = new List<ShownToken>();
            await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);
            stop.Cancel();

            var (p, d, usage, caughtUp) = (rates.PrefillTokensPerSecond, rates.DecodeTokensPerSecond, answer.Usage!, answer.Usage!.CaughtUp!.Value);
            var first = shown[0].At.TotalSeconds;
            var (s, m, left) = usage.Refined is { } refined
                ? (refined.AtMs / 1000, refined.Raw, refined.Kept)
                : (0, 0, prompt);
            Assert.Equal(keepRatio is not null, usage.Refined is not null);
            var handover = usage.HandoverIndex!.Value;
            var lease = cloud.Requests[0].Lease;
            var closedLease = (s + (left / p) - first) / ((1 / d) - (1 / p));
            var margin = ((AssistPlanner.PrefillMargin * left / p) + (rates.DeviceChunk / p) + (1 / d)) / ((1 / d) - (1 / p)); // what the planner adds
            var closedReady = s + ((left + handover) / p);
            output.WriteLine(
                $"{rates.PrefillTokensPerSecond:N0}/{rates.DecodeTokensPerSecond:N0} N {prompt} r {keepRatio ?? 1}: T1 {first:N2} s, s {s:N2} s, m {m}, W {left}; lease {lease} (closed form {closedLease:N0}, {lease / closedLease:N3}; with the planner's margin {closedLease + margin:N0}, {lease / (closedLease + margin):N3}), "
                + $"caught up {caughtUp.TotalSeconds:N2} s (closed form {closedReady:N2} s, {caughtUp.TotalSeconds / closedReady:N3}), occupancy {usage.OccupancyMs:N0} ms");
            Assert.Equal((1, lease), (usage.Assists, handover));
            Assert.InRange(lease / (closedLease + margin), 0.9, 1.1);
            Assert.InRange(caughtUp.TotalSeconds / closedReady, 0.9, 1.1);
            var gaps = shown.Zip(shown.Skip(1), (a, b) => (b.At - a.At) * d);
            Assert.All(gaps, gap => Assert.InRange(gap.TotalSeconds, 0.85, 1.02)); // and so the display never waited
            found = (lease, caughtUp, usage.OccupancyMs!.Value);
        });
        return found;
    }
}
