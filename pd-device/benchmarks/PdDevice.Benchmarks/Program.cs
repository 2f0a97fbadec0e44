using System.CommandLine;
using PdDevice.Benchmarks.Capture;
using PdDevice.Benchmarks.Disconnects;
using PdDevice.Benchmarks.Links;
using PdDevice.Benchmarks.Planner;
using PdDevice.Benchmarks.Refine;
using PdDevice.Benchmarks.Refinement;
using PdDevice.Benchmarks.Serving;
using PdDevice.Benchmarks.Simulate;
using PdDevice.Benchmarks.Speed;
using PdDevice.Cli;

var root = new RootCommand("Measures P/D-Device side by side with what it is compared to. Leave the machine alone meanwhile.")
{
    MixedLoad.Create(),
    AnswerCost.Create(),
    PrefixBench.Create(),
    TurnsBench.Create(),
    PoolsBench.Create(),
    CaptureCommand.Create(),
    CaptureCommand.CreateAccuracy(),
    RefineCommand.Create(),
    LinksCommand.Create(),
    Streams.Create(),
    DisconnectsCommand.Create(),
    PlannerBench.Create(),
    ScaleBench.Create(),
    SimulationTables.Create(),
    SpeedCommand.Create(),
    SpeedSideCommand.Create(),
    RefinementPageCommand.Create(),
};

return await Failures.GuardAsync(() => root.Parse(args.Length == 0 ? ["--help"] : args)
    .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
