using PdDevice.Core.Planning.Costs;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Events;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests.Events;

/// <summary>The modelled cloud with one slot and a linear cost is a queue of theory: its mean wait is known.</summary>
public sealed class QueueTheoryTests
{
    private const double PerToken = 1e-5;
    private const int MeanPrompt = 10_000; // 0.1 s of service
    private const int Requests = 400_000;

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.8)]
    public void MM1_MeanWait_IsWithinTwoPercentOfTheory(double load)
    {
        // W = rho / (1 - rho) x service (Pollaczek and Khinchine with a squared coefficient of variation of 1).
        var wait = MeanWait(load, random => random.NextExponential());
        Assert.InRange(wait / (load / (1 - load) * 0.1), 0.98, 1.02);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.8)]
    public void MD1_MeanWait_IsWithinTwoPercentOfTheory(double load)
    {
        // Half of that of M/M/1: no variation in service.
        var wait = MeanWait(load, _ => 1);
        Assert.InRange(wait / (load / (1 - load) * 0.1 / 2), 0.98, 1.02);
    }

    private static double MeanWait(double load, Func<SeededRandom, double> service)
    {
        var setup = Worlds.Ordinary("laptop-gpu", "rtt=0ms");
        setup = setup with
        {
            Cloud = new CloudSetup(new Linear(), long.MaxValue / 2, 1) { Slots = 1, Queue = 1_000_000, BatchRows = int.MaxValue, MaxStall = TimeSpan.Zero },
            MaxTokens = 1,
        };
        var simulator = new Simulator(setup, new CloudOnly("cloud-only"));
        var prompts = 0.0;
        Assert.True(simulator.Run(Trace()));
        Assert.Equal(Requests, simulator.Tally.Answers);
        return simulator.Tally.Ttft.Mean - (prompts / Requests * PerToken);

        IEnumerable<TraceRequest> Trace()
        {
            // Two streams: a service time must not follow from the gap before it.
            var (gaps, services) = (new SeededRandom(11), new SeededRandom(12));
            var at = 0.0;
            for (var i = 0; i < Requests; i++)
            {
                at += gaps.NextExponential() * 0.1 / load;
                var prompt = Math.Max(1, (int)Math.Round(MeanPrompt * service(services)));
                services.NextDouble();
                prompts += prompt;
                yield return new TraceRequest((long)(at * TimeSpan.TicksPerSecond), prompt, 1);
            }
        }
    }

    private sealed class Linear : ICostModel
    {
        public double Seconds(in BatchWork work) => (work.PrefillTokens * PerToken) + (work.DecodeSequences * 1e-9);
    }
}
