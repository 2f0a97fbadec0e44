using System.CommandLine;
using System.Diagnostics;
using System.Net;
using WisePanda.Workbench;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda workbench</c>: the web page on which a person decides which fragments join.</summary>
public static class WorkbenchCommand
{
    private static readonly Option<string?> Folder = new("--folder") { Description = "A folder of photographs (.png, .jpg) and edge files (.csv); imported files and decisions are kept in it." };
    private static readonly Option<string?> Edges = new("--edges") { Description = "A CSV file of edges or pairs; imported files and decisions are kept beside it, in FILE.workbench." };
    private static readonly Option<string?> Model = new("--model") { Description = "The model that ranks; by default the one that comes with the program." };
    private static readonly Option<string> Listen = new("--listen") { Description = "Where the page is served: a loopback address; port 0 takes a free one.", DefaultValueFactory = _ => "127.0.0.1:0" };
    private static readonly Option<bool> NoOpen = new("--no-open") { Description = "Do not open a browser." };

    public static Command Create()
    {
        var command = new Command("workbench", "Look at candidates in a local web page and decide which fragments join.") { Folder, Edges, Model, Listen, NoOpen };
        command.SetAction((result, cancel) =>
        {
            var (folder, edges) = (result.GetValue(Folder), result.GetValue(Edges));
            if ((folder is null) == (edges is null)) throw new CliException("Give either --folder or --edges.");
            if (!IPEndPoint.TryParse(result.GetValue(Listen)!, out var listen)) throw new CliException($"--listen is '{result.GetValue(Listen)}' and must be an address and a port, as 127.0.0.1:8080.");
            var options = new WorkbenchOptions { Folder = folder, EdgesFile = edges, Model = Models.Read(result.GetValue(Model)), Listen = listen, Progress = Report };
            return RunAsync(options, open: !result.GetValue(NoOpen), cancel);
        });
        return command;
    }

    /// <summary>Serves a workbench until the process is asked to stop.</summary>
    /// <param name="options">What it opens.</param>
    /// <param name="open">Whether a browser is opened on it.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<int> RunAsync(WorkbenchOptions options, bool open, CancellationToken cancel)
    {
        await using var workbench = await WorkbenchHost.StartAsync(options, cancel);
        Console.Out.WriteLine($"{workbench.Site.Fragments.Count} fragments, {workbench.Site.Problems.Count} files that could not be read. Workbench: {workbench.Url}");
        if (open) Open(workbench.Url);
        await workbench.WaitAsync(cancel);
        return 0;
    }

    private static void Open(Uri page)
    {
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(page.ToString()) { UseShellExecute = true });
        }
        catch (Exception none) when (none is System.ComponentModel.Win32Exception or PlatformNotSupportedException)
        {
            Console.Error.WriteLine($"No browser could be started ({none.Message}): open {page} yourself.");
        }
    }

    /// <summary>Says on a terminal how far the reading is.</summary>
    internal static void Report(int done, int all)
    {
        if (!Console.IsErrorRedirected) Console.Error.Write($"\rReading file {done} of {all}{(done == all ? "\n" : "")}");
    }
}
