using System.CommandLine;
using PdDevice.Benchmarks.Serving;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;
using PdDevice.Simulation;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Events;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Benchmarks.Simulate;

/// <summary><c>scale</c>: how fast the simulator is with P/D-Device's full policy, and that neither time per event nor memory grows with the trace.</summary>
internal static class ScaleBench
{
    private static readonly Option<bool> Smoke = new("--smoke") { Description = "A few thousand requests: shows that the path works, measures nothing, writes nothing." };

    public static Command Create()
    {
        var command = new Command("scale", "Requests simulated a second, time of an event and of a decision, from 10 thousand to 10 million requests. Writes its table into docs/simulation.md.") { Smoke };
        command.SetAction(async (result, cancellationToken) =>
        {
            var smoke = result.GetValue(Smoke);
            await Measure(smoke ? [1000, 2000] : [10_000, 100_000, 1_000_000, 10_000_000]).ShowAsync(keep: !smoke, cancellationToken);
            return 0;
        });
        return command;
    }

    private static TableReport Measure(int[] sizes)
    {
        Run(sizes[^1] / 10); // warm: the runtime compiles well only what has run for some seconds
        var rows = new List<string[]>();
        foreach (var size in sizes)
        {
            var (seconds, events, decisions, states) = Run(size);
            rows.Add([
                $"{size:N0}", $"{seconds:N2}", $"{size / seconds * 60 / 1e6:N2}", $"{events:N0}", $"{seconds / events * 1e6:N2}",
                $"{decisions.Mean:N2}", $"{decisions.Quantile(0.99):N2}", $"{states:N0}", $"{GC.GetTotalMemory(forceFullCollection: true) / 1e6:N1}"]);
        }

        return TableReport.Here(
            "scale",
            ["requests", "s", "million requests/min", "events", "us/event", "decision mean us", "decision p99 us", "events/request x1000", "memory MB"],
            rows,
            ["Drawn requests (exponential gaps, lognormal prompts and answers with the medians of Azure chat), 60 a second on 4 x H200, P/D-Device with one refined keep ratio; one thread. A decision is the policy's plan for one request, timed by the clock around it; memory is what is held after the run."],
            "simulation.md");
    }

    private static (double Seconds, long Events, QuantileSketch Decisions, long PerThousand) Run(int requests)
    {
        var model = ModelShape.Named("8B")!;
        var costs = Hardware.Named("H200")!.With(model);
        var setup = new SimulationSetup(
            new CloudSetup(costs, costs.Positions, 4) { KvBytesPerPosition = costs.Model.KvBytesPerPosition },
            DeviceMix.Parse("phone-npu,phone-cpu,laptop-gpu", model), [LinkModel.Parse("rtt=50ms,up=10mbit,down=40mbit")], new Objectives());
        var (policy, world) = PolicyCatalog.Create(PolicyCatalog.PdDevice, PolicyCatalog.Usual(PolicyCatalog.PdDevice, 4), setup, new QualityTable(new QualityPoint(0.5, 0.01, 0.02)));
        var timed = new TimedPolicy(policy, TimeProvider.System);
        var simulator = new Simulator(world, timed);
        var start = TimeProvider.System.GetTimestamp();
        simulator.Run(Trace(requests));
        return (TimeProvider.System.GetElapsedTime(start).TotalSeconds, simulator.Events, timed.Decisions, simulator.Events * 1000 / requests);
    }

    private static IEnumerable<TraceRequest> Trace(int requests)
    {
        var random = new SeededRandom(3);
        var at = 0.0;
        for (var i = 0; i < requests; i++)
        {
            at += random.NextExponential() / 60;
            yield return new TraceRequest((long)(at * TimeSpan.TicksPerSecond), Draw(1020, 0.77, 8000), Draw(129, 1, 1500));
        }

        int Draw(double median, double spread, int most) => (int)Math.Clamp(median * Math.Exp(spread * random.NextNormal()), 1, most);
    }

    /// <summary>A policy with a clock around its plan.</summary>
    private sealed class TimedPolicy(IPolicy policy, TimeProvider time) : IPolicy
    {
        public QuantileSketch Decisions { get; } = new();

        public string Name => policy.Name;

        public bool Continues => policy.Continues;

        public AnswerPlan Plan(in AnswerView view)
        {
            var start = time.GetTimestamp();
            var plan = policy.Plan(view);
            Decisions.Add((time.GetTimestamp() - start) * 1e6 / time.TimestampFrequency); // microseconds: the sketch counts what is below a millionth as nothing
            return plan;
        }

        public int Enough(in FirstTokenView view, int lease) => policy.Enough(view, lease);
    }
}
