using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Workbench;

namespace WisePanda.Cli;

/// <summary>Something a person can mend, said in one line.</summary>
public sealed class CliException(string message) : Exception(message);

/// <summary>Turns what can go wrong into one line on standard error and an exit code.</summary>
public static class Failures
{
    public static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception exception) when (exception is CliException or EdgeFileException or ModelFileException or WorkbenchException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"wisepanda: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
