using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using PdDevice.Device.Answers;
using PdDevice.Http.Hosting;
using PdDevice.Inference;
using PdDevice.Simulation.Traces;

namespace PdDevice.Cli;

/// <summary>Something a person can mend, said in one line.</summary>
public sealed class CliException(string message) : Exception(message);

/// <summary>Turns what can go wrong into one line on standard error and an exit code.</summary>
public static class Failures
{
    /// <summary>Set to 1 to see where an unexpected failure came from.</summary>
    public const string DebugVariable = "PDD_DEBUG";

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
        catch (Exception exception) when (Line(exception) is { } line)
        {
            await Console.Error.WriteLineAsync($"pdd: {line.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (Exception exception) when (Environment.GetEnvironmentVariable(DebugVariable) != "1")
        {
            // The type only: an unexpected message may quote what was being worked on, and that is somebody's prompt.
            await Console.Error.WriteLineAsync($"pdd: unexpected {exception.GetType().Name}. Set {DebugVariable}=1 to see where, and please report it.");
            return 70;
        }
    }

    private static string? Line(Exception exception) => exception switch
    {
        CliException or EngineException or AnswerException or SetupException or TraceException => exception.Message,
        IOException { InnerException: AddressInUseException } => "The address is in use. Choose another with --listen HOST:PORT; port 0 picks a free one.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => "Not allowed to listen there. Choose a port of 1024 or more with --listen.",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "This machine does not have that address. Choose another with --listen.",
        IOException or UnauthorizedAccessException => exception.Message,
        _ => null,
    };
}
