using System.CommandLine;
using WisePanda.Cli;
using WisePanda.Cli.Commands;

var root = new RootCommand("WisePanda ranks which broken bamboo slips join.")
{
    DemoCommand.Create(),
    TrainCommand.Create(),
    GenerateCommand.Create(),
    RankCommand.Create(),
    ExtractCommand.Create(),
    WorkbenchCommand.Create(),
    EvalCommand.Create(),
};

return await Failures.GuardAsync(() => root.Parse(args.Length == 0 ? ["--help"] : args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
