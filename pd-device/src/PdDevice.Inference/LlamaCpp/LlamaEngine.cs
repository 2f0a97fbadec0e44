using PdDevice.Core.Wire;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>A model run by llama.cpp on a thread of its own.</summary>
public sealed class LlamaEngine : IEngine
{
    private const int UsualContext = 4096;
    private const int LeastContext = 64;
    private const int TriedTokens = 64;

    private readonly LlamaEngineOptions _options;
    private readonly LlamaModel _model;
    private readonly LlamaContext _context;
    private readonly SequenceLengths _lengths;
    private readonly EngineState _state;
    private EngineBatch? _lentTo;
    private int _disposed;

    private LlamaEngine(EngineThread thread, LlamaModel model, LlamaContext context, LlamaEngineOptions options, int contextTokens, ModelIdentity identity)
    {
        Thread = thread;
        _options = options;
        _model = model;
        _context = context;
        ContextTokens = contextTokens;
        MaxSequences = options.Sequences;
        MaxBatchTokens = options.MaxBatchTokens;
        Identity = identity;
        _lengths = new SequenceLengths(options.Sequences, contextTokens, model.Tokenizer.VocabularySize, options.MaxBatchTokens);
        _state = new EngineState(context, _lengths, identity.WeightsFingerprint, options.Sequences, model.HasPlainState, contextTokens);
    }

    public ModelIdentity Identity { get; }

    public ITokenizer Tokenizer => _model.Tokenizer;

    public int ContextTokens { get; }

    public int MaxSequences { get; }

    public int MaxBatchTokens { get; }

    /// <summary>
    /// Whether attention may be asked for: <see cref="LlamaEngineOptions.Attention"/> says so, and it could be read when it
    /// was tried at start. Sliding windows, M-RoPE, biases, caps and sinks cannot.
    /// </summary>
    public bool OffersAttention { get; private set; }

    /// <summary>Whether its KV states fit engines with any number of sequences; false for sliding windows and M-RoPE.</summary>
    public bool StateFitsAny => _model.HasPlainState;

    /// <summary>The thread every call runs on. A loop that itself runs here calls the engine without a hop. Ends with the engine.</summary>
    internal EngineThread Thread { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="options">The model and how to run it.</param>
    /// <param name="progress">Told the share of the weights loaded, 0 to 1, on the engine's thread.</param>
    /// <param name="cancellationToken">Stops the loading soon.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="EngineException">The library or the model cannot be used; the message says what to do.</exception>
    public static async Task<LlamaEngine> LoadAsync(
        LlamaEngineOptions options, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var thread = new EngineThread("llama.cpp");
        try
        {
            return await thread.RunAsync(() => Load(thread, options, progress, cancellationToken));
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    /// <summary>Another engine on the same weights: a context and a thread of its own, its KV apart. Dispose both, in any order.</summary>
    /// <param name="sequences">Sequences side by side, 1 to 256.</param>
    /// <param name="threads">Compute threads, 1 to 1024; null (default): as this one.</param>
    /// <exception cref="EngineException">OutOfMemory: no room for another context.</exception>
    public async Task<LlamaEngine> CreateSiblingAsync(int sequences, int? threads = null)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var options = _options with { Sequences = sequences, Threads = threads ?? _options.Threads, ContextTokens = ContextTokens };
        options.Validate();
        var thread = new EngineThread("llama.cpp");
        var model = _model.Share();
        try
        {
            return await thread.RunAsync(() => Create(thread, model, options, ContextTokens, Identity));
        }
        catch
        {
            model.Dispose();
            thread.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask ForwardAsync(EngineBatch batch, CancellationToken cancellationToken)
    {
        batch.ForgetCaptured(); // whatever becomes of this call, nothing of the one before is taken for its own
        if (!Thread.IsCurrent) return ForwardElsewhere(batch, cancellationToken);
        Guard(cancellationToken);
        Forward(batch, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RunLoopAsync(Func<Task> loop) => Thread.RunAsync(loop);

    /// <inheritdoc/>
    public ValueTask TruncateAsync(int sequence, int length, CancellationToken cancellationToken) =>
        new(OnThreadAsync(() => Truncate(sequence, length), cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<byte[]> ExportAsync(int sequence, CancellationToken cancellationToken)
    {
        byte[] state = [];
        await OnThreadAsync(() => state = _state.Export(sequence), cancellationToken);
        return state;
    }

    /// <inheritdoc/>
    public ValueTask ImportAsync(int sequence, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
        new(OnThreadAsync(() => _state.Import(sequence, state.Span), cancellationToken));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Thread.RunAsync(() =>
        {
            TakeBackLogits();
            _context.Dispose();
            _model.Dispose();
        });
        Thread.Dispose();
    }

    private static LlamaEngine Load(EngineThread thread, LlamaEngineOptions options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = GgufFile.Read(options.Model);
        GgufGuards.Check(file);
        var identity = Fingerprints.Identify(file, FingerprintCache.ForUser(), cancellationToken);
        var model = LlamaModel.Load(file, progress, cancellationToken);
        try
        {
            if (model.TrainedContext < LeastContext)
                throw new EngineException(EngineError.ModelUnsupported, $"The model was trained for {model.TrainedContext} tokens, too few to answer in; {LeastContext} at least. Use another.");
            if (options.ContextTokens > model.TrainedContext)
                throw new EngineException(
                    EngineError.ModelUnsupported, $"The model was trained for {model.TrainedContext} tokens; ask for a context (--context) of at most that, not {options.ContextTokens}.");
            var tokens = options.ContextTokens > 0 ? options.ContextTokens : Math.Min(model.TrainedContext, UsualContext);
            return Create(thread, model, options, tokens, identity);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static LlamaEngine Create(EngineThread thread, LlamaModel model, LlamaEngineOptions options, int contextTokens, ModelIdentity identity)
    {
        var engine = new LlamaEngine(thread, model, LlamaContext.Create(model, options, contextTokens), options, contextTokens, identity);
        engine.TryAttention();
        return engine;
    }

    /// <summary>Whether a model's attention is of a form that can be read shows when it runs: some tokens, forgotten afterwards. As many as have the runtime compile all that reads them, which the first prompt would wait for.</summary>
    private void TryAttention()
    {
        if (!_context.HasAttention) return;
        OffersAttention = true;
        var sequence = MaxSequences - 1;
        var batch = new EngineBatch();
        batch.AddRange(new int[Math.Min(TriedTokens, Math.Min(MaxBatchTokens, ContextTokens))], 0, sequence, RowKind.Prefill, wantLogits: false);
        batch.Capture(new AttentionCapture(sequence, batch.Count, LayerStep: 1));
        try
        {
            Forward(batch, CancellationToken.None);
            OffersAttention = batch.Captured(sequence) is not null;
            Truncate(sequence, 0);
        }
        catch
        {
            _context.Dispose();
            throw;
        }
    }

    // Apart, so that a loop on the engine's thread does not pay for the closure.
    private ValueTask ForwardElsewhere(EngineBatch batch, CancellationToken cancellationToken) =>
        new(OnThreadAsync(() => Forward(batch, cancellationToken), cancellationToken));

    private void Forward(EngineBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0) return;
        if (batch.Captures.Count > 0 && !OffersAttention)
            throw new EngineException(EngineError.NoAttention, "The attention of this model cannot be read here; load it with attention offered, or ask for none.");
        _lengths.Check(batch.Rows);
        try
        {
            TakeBackLogits();
            _context.Decode(batch, cancellationToken);
            _lentTo = batch;
            _context.LendLogits(batch, Tokenizer.VocabularySize);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            // A failed call may leave some of its rows behind: cut every sequence it touched back to where it was.
            foreach (var sequence in _lengths.Touched) _context.Truncate(sequence, _lengths[sequence]);
            throw;
        }

        _lengths.Commit();
    }

    private void TakeBackLogits()
    {
        _lentTo?.TakeBack();
        _lentTo = null;
    }

    private void Truncate(int sequence, int length)
    {
        _lengths.CheckSequence(sequence);
        if (length < 0 || length > _lengths[sequence])
            throw new EngineException(EngineError.BadPosition, $"Sequence {sequence} holds {_lengths[sequence]} positions and cannot be cut to {length}.");
        if (length == _lengths[sequence]) return;
        if (!_context.Truncate(sequence, length))
            throw new EngineException(EngineError.Failed, $"llama.cpp could not cut sequence {sequence} to {length} positions; empty it (length 0) and ingest it again.");
        _lengths.Set(sequence, length);
    }

    private Task OnThreadAsync(Action work, CancellationToken cancellationToken)
    {
        Guard(cancellationToken);
        return Thread.RunAsync(() =>
        {
            Guard(cancellationToken);
            work();
        });
    }

    private void Guard(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
