using System.CommandLine;
using MathNet.Numerics.Statistics;
using PdDevice.Benchmarks.Serving;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Benchmarks.Planner;

/// <summary><c>planner</c>: how long a decision of the request planner takes, and what it allocates.</summary>
internal static class PlannerBench
{
    private const int Rounds = 5;

    private static readonly Option<bool> Smoke = new("--smoke") { Description = "A few decisions: shows that the path works, measures nothing, writes nothing." };

    public static Command Create()
    {
        var command = new Command("planner", "Time of one decision of the request planner, mean and p99 over random requests, and bytes allocated. Writes its table into docs/planning.md.") { Smoke };
        command.SetAction(async (result, cancellationToken) =>
        {
            var smoke = result.GetValue(Smoke);
            await Measure(smoke ? 1000 : 200_000).ShowAsync(keep: !smoke, cancellationToken, House.Planning);
            return 0;
        });
        return command;
    }

    private static TableReport Measure(int decisions)
    {
        var requests = Requests(decisions);
        var whole = new RequestPlanner(QualityTable.Whole, 0);
        var all = new RequestPlanner(new QualityTable(new(0.8, 0, 0), new(0.6, 0.01, 0.02), new(0.4, 0.02, 0.04), new(0.2, 0.05, 0.08)));
        return TableReport.Here(
            "planner",
            ["decision", "choices", "mean us", "p50 us", "p99 us", "bytes allocated"],
            [
                Row("the live device's (whole prompt, one period)", 2, i => AssistPlanner.Plan(requests[i].Live).UseCloud),
                Row("whole prompt, one period", 2, i => whole.Plan(requests[i].Known, requests[i].Objectives).UseCloud),
                Row("5 keep ratios, 3 periods", 16, i => all.Plan(requests[i].Known, requests[i].Objectives).UseCloud),
                Row("5 keep ratios, 3 periods, learned delays", 16, i => all.Plan(requests[i].Learned, requests[i].Objectives).UseCloud),
            ],
            [$"{decisions:N0} random requests each, timed one by one; the mean is of whole rounds without the clock between, the fastest of {Rounds}: what else runs on the machine only adds. The live device's decision also writes its reason."]);

        string[] Row(string name, int choices, Func<int, bool> decide)
        {
            var time = TimeProvider.System;
            var asked = 0;
            for (var i = 0; i < decisions; i++) asked += decide(i) ? 1 : 0; // warm: compiled and tiered up
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var mean = double.PositiveInfinity;
            for (var round = 0; round < Rounds; round++)
            {
                var begin = time.GetTimestamp();
                for (var i = 0; i < decisions; i++) asked += decide(i) ? 1 : 0;
                mean = Math.Min(mean, time.GetElapsedTime(begin).TotalMicroseconds / decisions);
            }

            bytes = (GC.GetAllocatedBytesForCurrentThread() - bytes) / Rounds;

            var each = new double[decisions];
            for (var i = 0; i < decisions; i++)
            {
                var start = time.GetTimestamp();
                asked += decide(i) ? 1 : 0;
                each[i] = (time.GetTimestamp() - start) * 1e6 / time.TimestampFrequency; // a TimeSpan would round to 0.1 us
            }

            if (asked % (Rounds + 2) != 0 || asked is 0) throw new InvalidOperationException("The same request was not decided alike each time.");
            return [name, $"{choices}", $"{mean:F2}", $"{each.Median():F2}", $"{each.Quantile(0.99):F2}", $"{(double)bytes / decisions:F0}"];
        }
    }

    private static (RequestInput Known, RequestInput Learned, RequestObjectives Objectives, PlanInput Live)[] Requests(int count)
    {
        var random = new Random(1);
        var cloud = Hardware.Named("H200")!.With(ModelShape.Named("8B")!);
        var devices = Hardware.Devices.Select(device => device.With(ModelShape.Named("3B")!).Rates(1000)).ToArray();
        var delays = new LearnedDelays();
        for (var i = 0; i < 1000; i++)
        {
            delays.CloudWait.Add(-0.03 * Math.Log(1 - random.NextDouble()));
            delays.LinkJitter.Add(0.02 * random.NextDouble());
            delays.Slowdown.Add(1 + (0.2 * random.NextDouble()));
        }

        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var device = devices[random.Next(devices.Length)];
            var prompt = (int)(50 * Math.Pow(160, random.NextDouble()));
            var prefill = cloud.PrefillSeconds(prompt);
            var roundTrip = 0.01 + (0.19 * random.NextDouble());
            var known = new RequestInput
            {
                PromptTokens = prompt, MaxTokens = 1000, Device = device, DeviceSlack = device.Prefill(device.DeviceChunk).TotalSeconds,
                RoundTrip = roundTrip, CloudPrefill = prefill, CloudStep = 0.02, MostLease = 1000, RefinedAfter = 0.005,
            };
            var objectives = random.Next(2) == 0
                ? RequestObjectives.Absolute(device, 0.05)
                : RequestObjectives.Relative(device, prompt / device.PrefillTokensPerSecond, roundTrip + prefill, 0.05);
            var live = new PlanInput(prompt, 1000, device, new EngineRates(prompt / prefill, 50), TimeSpan.FromSeconds(roundTrip), 1000, TimeSpan.Zero);
            return (known, known with { Delays = delays }, objectives, live);
        })];
    }
}
