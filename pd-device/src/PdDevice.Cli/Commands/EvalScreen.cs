using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;
using Spectre.Console;

namespace PdDevice.Cli.Commands;

/// <summary>What a person sees of <c>pdd eval</c>: progress on standard error, the pooled rows at the end.</summary>
internal static class EvalScreen
{
    private const int LineEvery = 10; // prompts, where nobody watches a bar

    /// <summary>A bar with the time left; a line now and then where standard error is a file.</summary>
    public static async Task<T> WatchAsync<T>(Func<IProgress<EvalProgress>, Task<T>> work)
    {
        if (Console.IsErrorRedirected) return await work(new Lines());
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("prompts");
                return await work(new Bar(task));
            });
    }

    /// <summary>The rows of all tasks that count.</summary>
    public static void Show(RefinementReport report)
    {
        var table = new Table().AddColumns("selector", "ratio", "raw share", "exact match", "95%", "change, points", "95%", "token F1", "perplexity");
        foreach (var row in report.Rows.Where(row => row.Task == ReportBuilder.Pooled))
            table.AddRow(
                row.Selector, $"{row.Ratio}", $"{row.RawShare}", $"{row.ExactMatch:P1}", $"{row.ExactMatchLow:P1} to {row.ExactMatchHigh:P1}",
                $"{row.Change:F1}", $"{row.ChangeLow:F1} to {row.ChangeHigh:F1}", $"{row.TokenF1:F2}", $"{row.Perplexity:F2}");
        AnsiConsole.Write(table);
        foreach (var task in report.Tasks)
            Console.Out.WriteLine($"{task.Task}: {task.Prompts} prompts, {task.Unrefined:P1} right unrefined{(task.Counts ? "" : "; does not count")}");
        Console.Out.WriteLine(report.DefaultRatio is { } ratio ? $"Smallest ratio borne by the default selector: {ratio}" : "No ratio is borne by the default selector.");
    }

    private static string Left(EvalProgress progress) => progress.Left is { } left ? $", {left:h\\:mm\\:ss} left" : "";

    private sealed class Bar(ProgressTask task) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value)
        {
            task.MaxValue = value.Total;
            task.Value = value.Done;
            task.Description = $"{value.Done} of {value.Total} prompts{Left(value)}";
        }
    }

    private sealed class Lines : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value)
        {
            if (value.Left is null || value.Done % LineEvery == 0 || value.Done == value.Total)
                Console.Error.WriteLine($"pdd eval: {value.Done} of {value.Total} prompts{Left(value)}");
        }
    }
}
