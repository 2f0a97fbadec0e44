using System.CommandLine;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Fleet;

namespace PdDevice.Cli.Tune;

/// <summary>The sizes of the requests that are planned for: one, or those of a trace.</summary>
/// <param name="Cells">Their shares add up to 1.</param>
/// <param name="MeanPrompt">Tokens, rounded; the size of the single request's plan.</param>
/// <param name="MeanOutput">Tokens.</param>
/// <param name="Trace">Where they come from; null: from --prompt and --output.</param>
internal sealed record FleetSizes(IReadOnlyList<TraceCell> Cells, int MeanPrompt, double MeanOutput, TuneTrace? Trace)
{
    /// <exception cref="CliException">A trace and sizes are given, or a trace and no fleet.</exception>
    /// <exception cref="Simulation.Traces.TraceException">The trace cannot be used.</exception>
    public static FleetSizes From(ParseResult result, CancellationToken cancellationToken)
    {
        if (Settings.TuneTrace.Of(result) is not { } file)
        {
            var (prompt, output) = (Settings.TunePrompt.Of(result), Settings.TuneOutput.Of(result));
            return new FleetSizes([new TraceCell(1, prompt, output)], prompt, output, null);
        }

        if (Settings.TuneFleet.Of(result) == 0) throw new CliException($"A trace is planned for with a fleet: add {Settings.TuneFleet.Flag} N.");
        if (Given(Settings.TunePrompt) || Given(Settings.TuneOutput))
            throw new CliException($"The sizes are the trace's: leave out {Settings.TunePrompt.Flag} and {Settings.TuneOutput.Flag}, or {Settings.TuneTrace.Flag}.");
        var (trace, cells) = TuneTrace.Read(file, Settings.MaxTokens.Of(result), cancellationToken);
        return new FleetSizes(cells, Math.Max(1, (int)Math.Round(trace.MeanPrompt)), trace.MeanOutput, trace);

        bool Given(Setting<int> size) => result.GetResult(size.Option) is { Implicit: false };
    }

    /// <summary>(Prefill + full decode) / prefill of a machine's time: what leases can gain at most in it.</summary>
    /// <param name="cloud">One machine.</param>
    /// <param name="mostSlots">Sequences of a full batch, where their KV fits.</param>
    public double Ceiling(Roofline cloud, int mostSlots)
    {
        double held = 0, tokens = 0, prefill = 0, decoded = 0;
        foreach (var cell in Cells)
        {
            held += cell.Share * cell.OutputTokens * (cell.PromptTokens + (cell.OutputTokens / 2.0));
            tokens += cell.Share * cell.OutputTokens;
            prefill += cell.Share * cloud.PrefillSeconds(cell.PromptTokens);
            decoded += cell.Share * (cell.OutputTokens - 1);
        }

        var perSequence = Math.Max(1, held / tokens); // positions, over the time that sequences are held
        var slots = (int)Math.Clamp(cloud.Positions / perSequence, 1, mostSlots);
        return (prefill + (decoded * cloud.DecodeStepSeconds(slots, (long)(slots * perSequence)) / slots)) / prefill;
    }
}
