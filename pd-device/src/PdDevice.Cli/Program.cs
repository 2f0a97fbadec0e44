using System.CommandLine;
using PdDevice.Cli;
using PdDevice.Cli.Commands;

var root = new RootCommand("P/D-Device: a cloud makes the first tokens, the device takes over and finishes alone.")
{
    DemoCommand.Create(),
    RunCommand.Create(),
    CloudCommand.Create(),
    DeviceCommand.Create(),
};

return await Failures.GuardAsync(
    () => root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
