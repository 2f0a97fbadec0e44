using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;

namespace PdDevice.Inference.StandIns;

/// <summary>
/// An engine without a model: its logits are a hash of every token it has ingested and where, so one wrong, lost or
/// doubled token changes all that follows; so is the attention it offers. It takes no time of its own; <see cref="PacedEngine"/> gives it some.
/// </summary>
/// <param name="sequences">Sequences side by side, at least 1.</param>
/// <param name="contextTokens">Positions a sequence can hold, at least 2.</param>
/// <param name="variant">Engines of different variants have different tokenizer fingerprints.</param>
public sealed class ScriptedEngine(int sequences = 1, int contextTokens = 4096, string variant = "scripted") : IEngine
{
    private const int Layers = 6;
    private const int Heads = 2;

    private readonly List<ulong>[] _states = [.. Enumerable.Range(0, sequences).Select(_ => new List<ulong>())];

    public ModelIdentity Identity { get; } = new(variant, $"{variant}-tokenizer", $"{variant}-weights");

    public ITokenizer Tokenizer { get; } = new ScriptedTokenizer();

    public int ContextTokens => contextTokens;

    public int MaxSequences => sequences;

    public int MaxBatchTokens => 512;

    public bool OffersAttention => true;

    public ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (batch.Count > MaxBatchTokens)
            throw new EngineException(EngineError.BatchTooLarge, $"{batch.Count} rows; a batch holds {MaxBatchTokens}.");
        batch.ForgetCaptured();
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch.Rows[i];
            var state = State(row.Sequence);
            if (row.Token < 0 || row.Token >= Tokenizer.VocabularySize)
                throw new EngineException(EngineError.TokenOutOfRange, $"Token id {row.Token} is not in the vocabulary.");
            if (row.Position != state.Count)
                throw new EngineException(EngineError.BadPosition, $"Position {row.Position} does not follow {state.Count - 1}.");
            if (state.Count >= contextTokens)
                throw new EngineException(EngineError.ContextFull, $"The context of {contextTokens} positions is full.");
            state.Add(Mix((state.Count == 0 ? 0 : state[^1]) ^ Mix((ulong)row.Token + 1)));
            if (row.WantLogits) Fill(batch.LogitsBuffer(i, Tokenizer.VocabularySize), state[^1]);
        }

        foreach (var capture in batch.Captures)
            if (batch.Rows.Count(row => row.Sequence == capture.Sequence) is > 0 and var rows)
                batch.SetCaptured(capture.Sequence, Attend(State(capture.Sequence), capture, Math.Clamp(capture.Queries, 1, rows)));
        return ValueTask.CompletedTask;
    }

    public Task RunLoopAsync(Func<Task> loop) => loop();

    public ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken)
    {
        var state = State(sequence);
        if (length < state.Count) state.RemoveRange(length, state.Count - length);
        return ValueTask.CompletedTask;
    }

    public ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken) =>
        ValueTask.FromResult(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(State(sequence))).ToArray());

    public ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        if (state.Length % sizeof(ulong) != 0 || state.Length / sizeof(ulong) > contextTokens)
            throw new EngineException(EngineError.BadState, "These bytes are not a state of this engine.");
        var into = State(sequence);
        into.Clear();
        for (var i = 0; i < state.Length; i += sizeof(ulong)) into.Add(BinaryPrimitives.ReadUInt64LittleEndian(state.Span[i..]));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<ulong> State(int sequence) =>
        sequence >= 0 && sequence < sequences
            ? _states[sequence]
            : throw new EngineException(EngineError.BadSequence, $"Sequence {sequence} does not exist; there are {sequences}.");

    /// <summary>Weights of one query, the last: those of more would say no more here.</summary>
    private static AttentionScores Attend(List<ulong> state, AttentionCapture capture, int queries)
    {
        int[] layers = [.. Enumerable.Range(0, Layers).Where(layer => (Layers - 1 - layer) % capture.LayerStep == 0)];
        var values = new float[layers.Length * Heads * state.Count];
        for (var row = 0; row < layers.Length * Heads; row++)
        {
            var weights = values.AsSpan(row * state.Count, state.Count);
            var salt = (ulong)((layers[row / Heads] * Heads) + (row % Heads)) * 0x9E3779B97F4A7C15;
            for (var i = 0; i < weights.Length; i++) weights[i] = Unit(state[i] + salt);
            TensorPrimitives.Divide(weights, TensorPrimitives.Sum<float>(weights), weights);
        }

        return new AttentionScores(state.Count, layers, Layers, Heads, queries, values);
    }

    private static float Unit(ulong x) => (Mix(x) >> 40) / (float)(1 << 24);

    private static void Fill(Span<float> logits, ulong state)
    {
        for (var id = 0; id < logits.Length; id++)
        {
            logits[id] = 8 * Unit(state + (ulong)id * 0x9E3779B97F4A7C15) + ScriptedTokenizer.Bias(id);
        }
    }

    // SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014).
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
