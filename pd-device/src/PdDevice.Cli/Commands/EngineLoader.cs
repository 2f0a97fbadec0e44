using System.CommandLine;
using PdDevice.Core.Planning;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;

namespace PdDevice.Cli.Commands;

/// <summary>An engine as the options ask for it, with its rates.</summary>
/// <param name="Engine">Paced when a profile was named.</param>
/// <param name="Real">The engine beneath.</param>
/// <param name="Rates">Of the profile, or measured just now.</param>
/// <param name="Emulated">What is emulated, a line each.</param>
public sealed record LoadedEngine(IEngine Engine, IEngine Real, EngineRates Rates, IReadOnlyList<string> Emulated) : IAsyncDisposable
{
    private const int MostSequences = 256;

    /// <summary>The test stand-in's name in place of a model file.</summary>
    public const string Scripted = "scripted";

    /// <summary>Loads, and measures what no profile gives.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="sequences">Sequences side by side.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Told the share of the weights loaded, 0 to 1; null: nobody is.</param>
    /// <param name="attention">Whether attention may be asked for, where the model's can be read.</param>
    /// <param name="cancellationToken">Stops the load.</param>
    public static async Task<LoadedEngine> LoadAsync(
        ParseResult result, int sequences, TimeProvider time, IProgress<double>? progress, bool attention, CancellationToken cancellationToken)
    {
        var model = Settings.Model.Of(result);
        if (model != Scripted && sequences > MostSequences)
            throw new CliException($"An engine has at most {MostSequences} sequences, not {sequences}; ask for fewer slots ({Settings.Slots.Flag}).");
        IEngine real = model == Scripted
            ? new ScriptedEngine(sequences, Settings.Context.Of(result) is > 0 and var context ? context : 4096)
            : await LlamaEngine.LoadAsync(
                new LlamaEngineOptions
                {
                    Model = model ?? EmbeddedModel.Path,
                    Threads = Settings.Threads.Of(result),
                    ContextTokens = Settings.Context.Of(result),
                    Sequences = sequences,
                    Attention = attention,
                },
                progress, cancellationToken);
        try
        {
            if (Settings.Profile.Of(result) is { } profile)
                return new LoadedEngine(new PacedEngine(real, profile.Rates, time), real, profile.Rates, [$"engine speed: {profile}"]);
            return new LoadedEngine(real, real, await EngineRatesMeter.MeasureAsync(real, time, cancellationToken), []);
        }
        catch
        {
            await real.DisposeAsync();
            throw;
        }
    }

    /// <summary>A second engine on the same weights, for a pool of its own; as fast as this one.</summary>
    /// <param name="sequences">Sequences side by side.</param>
    /// <param name="threads">Compute threads; 0: as this one.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CliException">The model's KV state cannot be moved between the two.</exception>
    public async Task<IEngine> CreateSiblingAsync(int sequences, int threads, TimeProvider time)
    {
        if (Real is LlamaEngine { StateFitsAny: false } && sequences != Real.MaxSequences)
            throw new CliException($"This model's KV state fits only an engine with as many sequences: give both pools the same number ({Settings.PrefillSlots.Flag} {Real.MaxSequences}), or serve with {Settings.Pools.Flag} mixed.");
        IEngine real = Real is LlamaEngine llama
            ? await llama.CreateSiblingAsync(sequences, threads == 0 ? null : threads)
            : new ScriptedEngine(sequences, Real.ContextTokens);
        return Engine is PacedEngine ? new PacedEngine(real, Rates, time) : real;
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
