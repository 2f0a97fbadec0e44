using System.CommandLine;
using System.CommandLine.Invocation;
using PdDevice.Cli;
using PdDevice.Cli.Commands;

Console.SetError(new ForgivingWriter(Console.Error));

var root = new RootCommand("P/D-Device: a cloud makes the first tokens, the device takes over and finishes alone.")
{
    DemoCommand.Create(),
    RunCommand.Create(),
    CloudCommand.Create(),
    DeviceCommand.Create(),
    KeysCommand.Create(),
    SimulateCommand.Create(),
    TuneCommand.Create(),
    EvalCommand.Create(),
};

return await Failures.GuardAsync(async () =>
{
    var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
    if (parsed.Action is ParseErrorAction)
    {
        var command = parsed.CommandResult.Command is RootCommand ? "pdd" : $"pdd {parsed.CommandResult.Command.Name}";
        throw new CliException($"{string.Join(" ", parsed.Errors.Select(error => error.Message))} See {command} --help.");
    }

    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
    // A cloud drains, a simulation writes what it has: both watch the signals themselves and may take longer than the two seconds of others.
    if (parsed.CommandResult.Command.Name is CloudCommand.Name or SimulateCommand.Name) configuration.ProcessTerminationTimeout = null;
    return await parsed.InvokeAsync(configuration);
});
