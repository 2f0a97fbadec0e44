using PdDevice.Cloud;
using PdDevice.Core.Ledger;
using PdDevice.Core.Pacing;
using PdDevice.Core.Planning;
using PdDevice.Device.Answers;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Link;
using PdDevice.Tests.Inference.LlamaCpp;
using Xunit.Abstractions;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// Answers over links replayed from traces, twenty devices at a time, in virtual time: what the benchmark <c>links</c>
/// measures over real sockets, without what HTTP and a machine's scheduling add.
/// </summary>
public sealed class TracedAnswerTests(ITestOutputHelper output) : IDisposable
{
    private const int Devices = 20;
    private const int Tokens = 120;
    private const double MostGap = 1.25;

    private static readonly EngineRates Device = new(130, 7);
    private static readonly EngineRates Cloud = new(5000, 1000);
    private static readonly TimeSpan Period = Device.DecodeStep;

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RunAsync_LinkWithPausesBelowASecond_GapsAndPaceStayNearTheDevicesOwn()
    {
        var answers = Run(200, MadeUp(silences: [120, 80, 400, 150, 60, 900, 200]));
        AssertEven(answers);
        Assert.InRange(answers.Count(answer => answer.Usage.CloudTokens > 0), 190, 200);
    }

    [Fact]
    public void RunAsync_LinkSilentForSeconds_NeverLaterThanTheDeviceAloneAndEvenOnceItHasCaughtUp()
    {
        var answers = Run(200, MadeUp(silences: [300, 8000, 1500, 2500, 20_000, 1200, 2000, 5000, 1800, 3000]));
        AssertNoWorse(answers);
        Assert.Contains(answers, answer => Gaps(answer).Any(gap => gap > 2 * Period)); // some were hit in the middle
    }

    [SharedTracesFact]
    public void RunAsync_MeasuredLinks_MeetTheirTargets()
    {
        var pings = TraceFile.RoundTrips(Directory.GetFiles(SharedTraces.Folder!, "*.csv").Order().First());
        AssertEven(Run(200, new EmulatedLinkOptions { RoundTrips = pings, UpBitsPerSecond = 20_000_000, DownBitsPerSecond = 100_000_000 }));
        var measured = Directory.GetFiles(SharedTraces.Folder!, "*.up").Order().ToArray();
        Assert.NotEmpty(measured);
        foreach (var up in measured)
        {
            var link = new EmulatedLinkOptions { RoundTrips = pings, UpTrace = TraceFile.Capacity(up), DownTrace = TraceFile.Capacity(Path.ChangeExtension(up, ".down")) };
            var silence = link.UpTrace.LongestSilence > link.DownTrace.LongestSilence ? link.UpTrace.LongestSilence : link.DownTrace.LongestSilence;
            output.WriteLine(up);
            var answers = Run(200, link);
            if (silence >= TimeSpan.FromSeconds(1)) AssertNoWorse(answers);
            else AssertEven(answers);
        }
    }

    [Fact]
    public void RunAsync_ThrottledToAThirdInMidPrefill_StaysEvenByContinuationsAndThenBlendsIntoTheDevicesPace() => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var cloud = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(), Cloud, time), Cloud, time, stop.Token, new CloudOptions { Slots = 1 });
        foreach (var prompt in new[] { 200, 300, 400, 600, 1000 })
        {
            var engine = new PacedEngine(new ScriptedEngine(), Device, time);
            engine.Throttle(new ThrottleSchedule((Device.Prefill(prompt) / 2, 1 / 3.0)));
            var request = Scripted.Request(prompt, 250, 0);
            var answer = await AskAsync(engine, new InProcessCloud(cloud, Scripted.OneWay, time), request, time);
            var gaps = Gaps(answer).Select(gap => gap / Period).ToArray();
            var handover = answer.Usage.HandoverIndex!.Value;
            output.WriteLine($"{prompt}: handover {handover}, assists {answer.Usage.Assists}, occupancy {answer.Usage.OccupancyMs:N0} ms, gaps {string.Join(' ', gaps.Take(handover + 12).Select(gap => $"{gap:N2}"))}");
            Assert.Equal(Scripted.Alone(request).Ids, answer.Ids);
            Assert.InRange(answer.Usage.Assists, 2, 5);
            Assert.True(answer.Usage.OccupancyMs > 0);
            Assert.All(gaps[..(handover - 8)], gap => Assert.InRange(gap, 0.98, SpeedController.MostBend + 0.01));
            foreach (var (before, after) in gaps.Zip(gaps.Skip(1))) Assert.True(after < 1.5 * before, $"{before}, then {after}"); // it eases over while tokens wait, and they may not last
            Assert.All(gaps[^20..], gap => Assert.InRange(gap, 2.95, 3.05));
        }

        stop.Cancel();
    });

    /// <summary>On a link that is never silent for long: 99.9% of the gaps within bounds, and hardly slower than alone.</summary>
    private void AssertEven(Scripted.Outcome[] answers)
    {
        var gaps = Report(answers);
        Assert.InRange(gaps[(int)(0.999 * gaps.Length)], 0.9, MostGap);
        Assert.InRange(answers.Average(Tpot), 0.9, 1.05);
        AssertNoWorse(answers);
    }

    /// <summary>On any link: no later than alone, and even once the device has caught up.</summary>
    private void AssertNoWorse(Scripted.Outcome[] answers)
    {
        Report(answers);
        Assert.All(answers, answer => Assert.True(answer.Shown[0].At <= Device.Prefill(answer.Usage.PromptTokens) + TimeSpan.FromMilliseconds(2), $"{answer.Shown[0].At}"));
        Assert.All(answers, answer => Assert.All(Gaps(answer).Skip(answer.Usage.HandoverIndex ?? Tokens), gap => Assert.InRange(gap / Period, 0.89, MostGap)));
        Assert.All(answers, answer => Assert.All(Gaps(answer), gap => Assert.True(gap > Period / 2, $"{gap}")));
    }

    private double[] Report(Scripted.Outcome[] answers)
    {
        var gaps = answers.SelectMany(Gaps).Select(gap => gap / Period).Order().ToArray();
        output.WriteLine(
            $"gaps p50 {gaps[gaps.Length / 2]:N3}, p99.9 {gaps[(int)(0.999 * gaps.Length)]:N3}, over {MostGap}: {gaps.Count(gap => gap > MostGap)} of {gaps.Length}, largest {gaps[^1]:N2}; mean TPOT {answers.Average(Tpot):N3}; "
            + $"TTFT p50 {answers.Select(answer => answer.Shown[0].At.TotalMilliseconds).Order().ElementAt(answers.Length / 2):N0} ms; assists {answers.Average(answer => answer.Usage.Assists):N2}; cloud tokens {answers.Average(answer => answer.Usage.CloudTokens):N1}");
        return gaps;
    }

    private static double Tpot(Scripted.Outcome answer) => (answer.Shown[^1].At - answer.Shown[0].At) / (answer.Shown.Count - 1) / Period;

    private static IEnumerable<TimeSpan> Gaps(Scripted.Outcome outcome) => outcome.Shown.Zip(outcome.Shown.Skip(1), (a, b) => b.At - a.At);

    /// <summary>So many answers, twenty devices at a time, each with a link and a place in its traces of its own.</summary>
    private static Scripted.Outcome[] Run(int answers, EmulatedLinkOptions link)
    {
        var outcomes = new Scripted.Outcome[answers];
        var length = Math.Max(link.UpTrace?.Length.TotalMilliseconds ?? 0, link.DownTrace?.Length.TotalMilliseconds ?? 0);
        VirtualTime.Run(async time =>
        {
            using var stop = new CancellationTokenSource();
            var cloud = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(Devices), Cloud, time), Cloud, time, stop.Token, new CloudOptions { Slots = Devices });
            var all = Enumerable.Range(0, Devices).Select(RunDeviceAsync).ToArray();
            foreach (var device in all) await device;
            stop.Cancel();

            async Task RunDeviceAsync(int device)
            {
                var random = new Random(1000 + device);
                var mine = link with { From = TimeSpan.FromMilliseconds(random.Next((int)length + 1)), Seed = device };
                var client = new TracedCloud(cloud, new EmulatedLink(mine, time), time);
                var engine = new PacedEngine(new ScriptedEngine(), Device, time);
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(2000)), time);
                for (var i = device; i < answers; i += Devices)
                    outcomes[i] = await AskAsync(engine, client, Scripted.Request(300 + new Random(i).Next(401), Tokens, 0), time);
            }
        });
        foreach (var i in new[] { 0, 77, 150 }) Assert.Equal(Scripted.Alone(Scripted.Request(300 + new Random(i).Next(401), Tokens, 0)).Ids, outcomes[i].Ids);
        return outcomes;
    }

    private static async Task<Scripted.Outcome> AskAsync(PacedEngine engine, PdDevice.Device.Assists.IAssistClient client, AnswerRequest request, TimeProvider time)
    {
        var answer = new Answer(engine, Device, client, request, time);
        var shown = new List<ShownToken>();
        await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);
        Assert.Equal(Enumerable.Range(0, request.MaxTokens), shown.Select(token => token.Index));
        Assert.Equal(answer.Usage!.CloudTokens, shown.Count(token => token.Source == TokenSource.Cloud));
        return new Scripted.Outcome([.. shown.Select(t => t.Id)], string.Concat(shown.Select(t => t.Text)), shown, answer.Usage!);
    }

    /// <summary>A link of about 8 Mbit/s either way that goes silent now and then, for so many ms, with round trips of 60 to 120 ms.</summary>
    private EmulatedLinkOptions MadeUp(int[] silences)
    {
        var random = new Random(3);
        var ways = Enumerable.Range(0, 2).Select(way =>
        {
            var (at, lines) = (0, new List<string>());
            foreach (var silence in silences.Skip(way).Concat(silences))
            {
                for (var i = 0; i < 3000; i++) lines.Add($"{at += random.Next(4)}");
                lines.Add($"{at += silence}");
            }

            return TraceFile.Capacity(_folder.Write($"way{way}", string.Join('\n', lines)));
        }).ToArray();
        var pings = _folder.Write("pings.csv", "PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS\n70,60,90,5,0\n72,60,120,20,0\n70,65,80,5,0\n80,60,120,15,1\n");
        return new EmulatedLinkOptions { UpTrace = ways[0], DownTrace = ways[1], RoundTrips = TraceFile.RoundTrips(pings) };
    }
}
