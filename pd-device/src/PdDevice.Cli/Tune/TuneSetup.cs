using System.CommandLine;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Cli.Tune;

/// <summary>What <c>pdd tune</c> plans for, from its options.</summary>
internal sealed record TuneSetup(ModelShape Model, TuneMachine Device, TuneMachine Cloud, RequestInput Input, RequestObjectives Objectives, string ObjectivesName, QualityTable Quality)
{
    // A token id of a vocabulary of 128 thousand as JSON: six digits and a comma.
    private const int BytesPerTokenId = 7;

    /// <param name="result">The options.</param>
    /// <param name="prompt">Tokens, at least 1.</param>
    /// <exception cref="CliException">The model, or the batch, does not fit.</exception>
    public static TuneSetup From(ParseResult result, int prompt)
    {
        var model = Settings.TuneModel.Of(result)!;
        var most = Settings.MaxTokens.Of(result);
        var device = Settings.TuneDevice.Of(result)!;
        var (machine, positions) = device.Rates is { } given
            ? (new TuneMachine(device.Text, given.PrefillTokensPerSecond, given.DecodeTokensPerSecond, "as given"), 0)
            : Preset(device.Hardware!, model, prompt);
        var rates = new EngineRates(machine.PrefillTokensPerSecond, machine.DecodeTokensPerSecond);

        var cloud = Fit(Settings.TuneCloud.Of(result)!, model);
        var batch = Settings.TuneBatch.Of(result);
        var perSequence = prompt + (most / 2); // positions a sequence holds, on average over its answer
        if ((long)batch * perSequence > cloud.Positions)
            throw new CliException($"{cloud.Hardware.Name} holds the KV of {cloud.Positions / perSequence} sequences of this length beside {model.Name}, not of {batch}. Lower {Settings.TuneBatch.Flag}.");
        var step = cloud.DecodeStepSeconds(batch, (long)batch * perSequence);
        var prefill = cloud.PrefillSeconds(prompt);
        var link = Settings.TuneLink.Of(result)!;
        var upload = link.UpBitsPerSecond > 0 ? (double)prompt * BytesPerTokenId * 8 / link.UpBitsPerSecond : 0;
        var roundTrip = link.RoundTrip.TotalSeconds + upload;

        var name = Settings.TuneObjectives.Of(result)!;
        var loss = Settings.TuneMostLoss.Of(result);
        var objectives = name == "absolute"
            ? RequestObjectives.Absolute(rates, loss)
            : RequestObjectives.Relative(rates, prompt / rates.PrefillTokensPerSecond, roundTrip + prefill, loss);
        return new TuneSetup(
            model, machine, new TuneMachine($"{cloud.Hardware.Name}, batch of {batch}", prompt / prefill, 1 / step, cloud.Hardware.Source),
            new RequestInput
            {
                PromptTokens = prompt,
                MaxTokens = most,
                Device = rates,
                DeviceSlack = rates.Prefill(rates.DeviceChunk).TotalSeconds, // the chunk in flight
                DevicePositions = positions,
                RoundTrip = roundTrip,
                CloudPrefill = prefill,
                CloudStep = step,
                MostLease = Settings.MaxTotal.Of(result),
            },
            objectives, name, Settings.TuneQuality.Of(result) ?? QualityTable.Whole);
    }

    private static (TuneMachine Machine, int Positions) Preset(Hardware hardware, ModelShape model, int prompt)
    {
        var machine = Fit(hardware, model);
        var rates = machine.Rates(prompt);
        return (new TuneMachine(hardware.Name, rates.PrefillTokensPerSecond, rates.DecodeTokensPerSecond, hardware.Source), (int)Math.Min(machine.Positions, int.MaxValue));
    }

    private static Roofline Fit(Hardware hardware, ModelShape model)
    {
        try
        {
            return hardware.With(model);
        }
        catch (MemoryMisfitException misfit)
        {
            throw new CliException(misfit.Message);
        }
    }
}

/// <summary>A device by name or by its rates.</summary>
/// <param name="Text">As given.</param>
/// <param name="Hardware">The preset; null where rates were given.</param>
/// <param name="Rates">p and d; null where a preset was named.</param>
public sealed record TuneDevice(string Text, Hardware? Hardware, EngineRates? Rates);
