namespace PdDevice.Inference.LlamaCpp;

/// <summary>How a model is run. The defaults suit one person's machine.</summary>
public sealed record LlamaEngineOptions
{
    /// <summary>Path of the .gguf file.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// Compute threads, 1 (default) to 1024. More than the machine's free cores makes every step wait for the slowest:
    /// with two engines on one small machine, keep 1 each.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>Positions each sequence can hold; 0 (default) is the model's trained context, at most 4,096. Up to the trained context.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Sequences side by side, 1 (default) to 256. Each reserves memory for <see cref="ContextTokens"/> positions.</summary>
    public int Sequences { get; init; } = 1;

    /// <summary>Rows one call may carry, 1 to 8192; default 512.</summary>
    public int MaxBatchTokens { get; init; } = 512;

    /// <summary>
    /// Whether attention may be asked for, where the model's can be read: see <see cref="LlamaEngine.OffersAttention"/>.
    /// Default no: looking at each node of a step's graph would cost a small model's step a little, asked or not.
    /// </summary>
    public bool Attention { get; init; }

    /// <summary>Flash attention: on, off, or (null, default) as llama.cpp thinks best.</summary>
    public bool? FlashAttention { get; init; }

    /// <summary>The clock that <see cref="EngineBatch.CaptureTime"/> is taken from. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Model))
            throw new EngineException(EngineError.ModelNotFound, "No model is named. Give the path of a .gguf file.");
        InRange(Threads, 1, 1024, nameof(Threads));
        InRange(ContextTokens, 0, int.MaxValue, nameof(ContextTokens));
        InRange(Sequences, 1, 256, nameof(Sequences));
        InRange(MaxBatchTokens, 1, 8192, nameof(MaxBatchTokens));
    }

    private static void InRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(nameof(value), value, $"{name} must be {least} to {most}.");
    }
}
