using PdDevice.Core.Wire;

namespace PdDevice.Inference;

/// <summary>
/// A language model that ingests tokens into numbered sequences and gives back logits. One call at a time: the owner
/// (the device's answer, the cloud's batch loop) awaits each call before the next. Implementations refuse bad input with
/// an <see cref="EngineException"/>; they never abort the process.
/// </summary>
public interface IEngine : IAsyncDisposable
{
    /// <summary>What the two sides compare before they share an answer.</summary>
    ModelIdentity Identity { get; }

    /// <summary>The model's own tokenizer. Safe to call from any thread.</summary>
    ITokenizer Tokenizer { get; }

    /// <summary>Positions one sequence can hold.</summary>
    int ContextTokens { get; }

    /// <summary>Sequences that can live side by side, numbered from 0.</summary>
    int MaxSequences { get; }

    /// <summary>Rows one <see cref="ForwardAsync"/> may carry.</summary>
    int MaxBatchTokens { get; }

    /// <summary>Whether <see cref="EngineBatch.Capture"/> may be asked for.</summary>
    bool OffersAttention { get; }

    /// <summary>
    /// Ingests the batch's rows and fills the logits of the rows that asked for them. Positions of a sequence are
    /// consecutive: each row continues where its sequence ends. When it throws, no row counts as ingested by the caller:
    /// truncate the sequences concerned before going on.
    /// </summary>
    /// <exception cref="EngineException">The batch breaks a rule, or the engine failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, before the call or soon after it was cancelled while it ran.</exception>
    ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken);

    /// <summary>Runs a loop that owns this engine where its calls to the engine cost no hop to another thread.</summary>
    Task RunLoopAsync(Func<Task> loop);

    /// <summary>Forgets every position of the sequence from <paramref name="length"/> on; 0 empties it.</summary>
    ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken);

    /// <summary>The KV state of a whole sequence, in a form only an engine with the same weights fingerprint reads.</summary>
    ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken);

    /// <summary>Replaces a sequence by an exported state. Afterwards it holds as many positions as the exported one did.</summary>
    /// <exception cref="EngineException">Not a state, a state of other weights, or too large for the context.</exception>
    ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken);
}
