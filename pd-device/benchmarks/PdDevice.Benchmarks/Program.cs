using System.CommandLine;
using PdDevice.Benchmarks.Disconnects;
using PdDevice.Benchmarks.Planner;
using PdDevice.Benchmarks.Serving;
using PdDevice.Benchmarks.Simulate;
using PdDevice.Benchmarks.Speed;
using PdDevice.Cli;

var root = new RootCommand("Measures P/D-Device side by side with what it is compared to. Leave the machine alone meanwhile.")
{
    MixedLoad.Create(),
    AnswerCost.Create(),
    PrefixBench.Create(),
    PoolsBench.Create(),
    Streams.Create(),
    DisconnectsCommand.Create(),
    PlannerBench.Create(),
    ScaleBench.Create(),
    SimulationTables.Create(),
    SpeedCommand.Create(),
    SpeedSideCommand.Create(),
};

return await Failures.GuardAsync(() => root.Parse(args.Length == 0 ? ["--help"] : args)
    .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
