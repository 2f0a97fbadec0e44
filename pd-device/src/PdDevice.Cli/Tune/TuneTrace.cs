using PdDevice.Core.Planning.Fleet;
using PdDevice.Simulation.Traces;

namespace PdDevice.Cli.Tune;

/// <summary>The sizes of a trace's requests, for which a fleet is planned.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Requests">Read, the skipped ones not among them.</param>
/// <param name="SkippedLines">Lines without prompt or answer.</param>
/// <param name="OutOfOrderLines">Lines a little out of order.</param>
/// <param name="CutAnswers">Answers longer than the user's limit, counted as long as it.</param>
/// <param name="MeanPrompt">Tokens.</param>
/// <param name="MeanOutput">Tokens, the cut ones as cut.</param>
public sealed record TuneTrace(string Name, long Requests, long SkippedLines, long OutOfOrderLines, long CutAnswers, double MeanPrompt, double MeanOutput)
{
    /// <summary>Reads a trace to its end, one request at a time.</summary>
    /// <param name="file">Azure's CSV, Mooncake's JSON lines, or a plain CSV.</param>
    /// <param name="mostTokens">The user's limit of an answer, at least 1.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <exception cref="TraceException">The file cannot be read or holds no trace; names the line.</exception>
    internal static (TuneTrace Trace, IReadOnlyList<TraceCell> Cells) Read(string file, int mostTokens, CancellationToken cancellationToken)
    {
        var (summary, notes) = (new TraceSummary(), new TraceNotes());
        double prompts = 0, outputs = 0;
        var cut = 0L;
        foreach (var request in TraceReader.Read(file, notes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var output = Math.Min(request.OutputTokens, mostTokens);
            if (output < request.OutputTokens) cut++;
            summary.Add(request.PromptTokens, output);
            prompts += request.PromptTokens;
            outputs += output;
        }

        return (
            new TuneTrace(
                Path.GetFileName(file), summary.Requests, notes.Empty, notes.OutOfOrder, cut, Math.Round(prompts / summary.Requests, 1), Math.Round(outputs / summary.Requests, 1)),
            summary.Cells());
    }
}
