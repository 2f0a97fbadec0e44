namespace PdDevice.Inference.LlamaCpp;

/// <summary>A native context. Every member is called on the engine's thread only.</summary>
internal sealed unsafe class LlamaContext : IDisposable
{
    private readonly nint _context;
    private readonly nint _memory;
    private readonly BatchBuffer _buffer;
    private readonly AbortSwitch _abort;
    private readonly AttentionReader? _attention;

    private LlamaContext(nint context, LlamaEngineOptions options, AttentionReader? attention)
    {
        _context = context;
        _attention = attention;
        _memory = NativeMethods.Memory(context);
        _buffer = new BatchBuffer(options.MaxBatchTokens, options.Sequences);
        _abort = new AbortSwitch(context);
    }

    /// <exception cref="EngineException">OutOfMemory or Failed.</exception>
    public static LlamaContext Create(LlamaModel model, LlamaEngineOptions options, int contextTokens)
    {
        var parameters = NativeMethods.ContextDefaultParams();
        var total = (long)contextTokens * options.Sequences;
        if (total > int.MaxValue)
            throw new EngineException(EngineError.OutOfMemory, $"{options.Sequences} sequences of {contextTokens} tokens are too many; ask for a smaller context (--context) or fewer sequences (--slots).");
        parameters.Context = (uint)total;
        parameters.Batch = (uint)options.MaxBatchTokens;
        parameters.MicroBatch = (uint)options.MaxBatchTokens;
        parameters.Sequences = (uint)options.Sequences;
        parameters.MaxOutputs = (uint)options.Sequences;
        parameters.MaxOutputsPerSequence = 1;
        // Both: the library's default of 4 threads collapses on a machine with fewer free cores.
        parameters.Threads = options.Threads;
        parameters.ThreadsBatch = options.Threads;
        parameters.FlashAttention = options.FlashAttention switch { null => -1, false => 0, true => 1 };
        parameters.NoPerf = 1;
        // One stream a sequence: a step then reads its own sequence's KV only, not everybody's.
        parameters.UnifiedKv = 0;
        // The whole window is kept, or a sliding-window model could not be cut back to a position.
        parameters.SlidingWindowFull = 1;
        var attention = options.Attention && model.HasPlainState ? new AttentionReader(model.Layers, model.Heads, options.Time) : null;
        attention?.Install(ref parameters);
        LlamaLog.Forget();
        var context = NativeMethods.ContextCreate(model.Handle, parameters);
        if (context == 0)
        {
            attention?.Dispose();
            throw new EngineException(
                EngineError.OutOfMemory,
                $"llama.cpp cannot make a context of {options.Sequences} x {contextTokens} tokens.{LlamaLog.Quote()} Ask for a smaller context (--context) or fewer sequences (--slots).");
        }

        if (NativeMethods.ContextTokensPerSequence(context) < contextTokens)
        {
            NativeMethods.ContextFree(context);
            attention?.Dispose();
            throw new EngineException(EngineError.Failed, "llama.cpp made a smaller context than asked for; ask for a smaller one (--context).");
        }

        return new LlamaContext(context, options, attention);
    }

    /// <summary>Whether attention can be asked for, as far as can be told without trying.</summary>
    public bool HasAttention => _attention is not null;

    /// <summary>Ingests checked rows, and reads the attention that the batch asks for. Cancelled while it runs, it ends within milliseconds unless the batch is short.</summary>
    /// <exception cref="EngineException">The library refused or failed; the sequences concerned must be cut back.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the sequences concerned must be cut back.</exception>
    public void Decode(EngineBatch batch, CancellationToken cancellationToken)
    {
        var rows = batch.Rows;
        LlamaLog.Forget();
        var code = batch.Captures.Count > 0 ? DecodeCapturing(batch, cancellationToken) : Decode(rows, cancellationToken);
        if (code == 0) return;
        if (code == AbortSwitch.Aborted) throw new OperationCanceledException(cancellationToken);
        throw code switch
        {
            1 => new EngineException(EngineError.ContextFull, $"No room for {rows.Count} more tokens in the context; shorten the prompt or raise the context (--context)."),
            -1 => new EngineException(EngineError.BadPosition, $"llama.cpp refused the batch.{LlamaLog.Quote()}"),
            _ => new EngineException(EngineError.Failed, $"llama.cpp failed with code {code}.{LlamaLog.Quote()} Restart the program if it happens again."),
        };
    }

    /// <summary>Lends the batch its rows' logits: they stay where they are until the next call.</summary>
    public void LendLogits(EngineBatch batch, int vocabularySize)
    {
        for (var row = 0; row < batch.Count; row++)
        {
            if (!batch.Rows[row].WantLogits) continue;
            var logits = NativeMethods.Logits(_context, _buffer.Place(row));
            if (logits is null)
                throw new EngineException(EngineError.Failed, $"llama.cpp gave no logits for row {row}.{LlamaLog.Quote()}");
            batch.Lend(row, logits, vocabularySize);
        }
    }

    public bool Truncate(int sequence, int length) => NativeMethods.MemoryRemove(_memory, sequence, length, -1) != 0;

    /// <summary>Positions the sequence holds.</summary>
    public int Length(int sequence) => NativeMethods.MemoryLastPosition(_memory, sequence) + 1;

    public long StateSize(int sequence) => (long)NativeMethods.StateSize(_context, sequence);

    /// <summary>Writes the sequence's state and returns the bytes written; 0 when it failed.</summary>
    public int GetState(int sequence, Span<byte> target)
    {
        fixed (byte* p = target) return (int)NativeMethods.StateGet(_context, p, (nuint)target.Length, sequence);
    }

    /// <summary>Reads a state into the sequence; false when the library refuses it.</summary>
    public bool SetState(int sequence, ReadOnlySpan<byte> source)
    {
        fixed (byte* p = source) return NativeMethods.StateSet(_context, p, (nuint)source.Length, sequence) != 0;
    }

    private int Decode(IReadOnlyList<EngineRow> rows, CancellationToken cancellationToken)
    {
        using (_abort.Watch(rows.Count, cancellationToken)) return NativeMethods.Decode(_context, _buffer.Fill(rows));
    }

    private int DecodeCapturing(EngineBatch batch, CancellationToken cancellationToken)
    {
        _attention!.Begin(batch);
        try
        {
            var code = Decode(batch.Rows, cancellationToken);
            if (code == 0) _attention.HandOver(batch);
            return code;
        }
        finally
        {
            _attention.End();
        }
    }

    public void Dispose()
    {
        NativeMethods.ContextFree(_context);
        _attention?.Dispose();
        _buffer.Dispose();
        _abort.Dispose();
    }
}
