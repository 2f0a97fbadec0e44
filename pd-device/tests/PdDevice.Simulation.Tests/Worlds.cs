using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Requests;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Events;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests;

/// <summary>Small worlds for tests.</summary>
internal static class Worlds
{
    public static ModelShape Model { get; } = ModelShape.Named("8B")!;

    public static QualityTable Quality { get; } = new(new QualityPoint(0.5, 0.01, 0.02));

    public static SimulationSetup Ordinary(string devices = "phone-npu,phone-cpu,laptop-gpu", string link = "rtt=50ms,up=10mbit,down=40mbit", int machines = 4, ulong seed = 1)
    {
        var costs = Hardware.Named("H200")!.With(Model);
        return new SimulationSetup(
            new CloudSetup(costs, costs.Positions, machines) { KvBytesPerPosition = costs.Model.KvBytesPerPosition },
            DeviceMix.Parse(devices, Model), [.. link.Split(';').Select(LinkModel.Parse)], new Objectives())
        {
            Seed = seed,
        };
    }

    /// <summary>Requests like chat: exponential gaps, prompts and answers of a wide spread.</summary>
    public static IEnumerable<TraceRequest> Chat(int count, double perSecond, ulong seed = 7)
    {
        var random = new SeededRandom(seed);
        var at = 0.0;
        for (var i = 0; i < count; i++)
        {
            at += random.NextExponential() / perSecond;
            yield return new TraceRequest((long)(at * TimeSpan.TicksPerSecond), 1 + (int)(1000 * random.NextExponential()), 1 + (int)(200 * random.NextExponential()));
        }
    }

    public static Simulator Run(string policy, SimulationSetup setup, IEnumerable<TraceRequest> trace, PolicySettings? settings = null, IDecisionProbe? probe = null)
    {
        var (decides, world) = PolicyCatalog.Create(policy, settings ?? PolicyCatalog.Usual(policy, setup.Cloud.Machines), setup, Quality);
        var simulator = new Simulator(world, decides, probe);
        Assert.True(simulator.Run(trace));
        return simulator;
    }

    public static TheoryData<string> Policies => [.. PolicyCatalog.Names];
}
