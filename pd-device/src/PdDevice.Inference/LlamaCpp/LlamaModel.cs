using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Loaded weights and their tokenizer.</summary>
internal sealed class LlamaModel : IDisposable
{
    private readonly LlamaModelHandle _handle;
    private int _users = 1;

    private LlamaModel(LlamaModelHandle handle, GgufFile file)
    {
        _handle = handle;
        var model = handle.DangerousGetHandle();
        TrainedContext = NativeMethods.ModelTrainedContext(model);
        // M-RoPE keeps more than one position a cell, sliding windows keep two caches: other state layouts than the plain one.
        HasPlainState = NativeMethods.ModelSlidingWindow(model) == 0 && NativeMethods.ModelRopeType(model) is not (8 or 40);
        Layers = NativeMethods.ModelLayers(model);
        Heads = NativeMethods.ModelHeads(model);
        Tokenizer = new LlamaTokenizer(handle, file.Text("tokenizer.ggml.model") ?? "");
    }

    /// <summary>The native model; valid until disposed.</summary>
    public nint Handle => _handle.DangerousGetHandle();

    public LlamaTokenizer Tokenizer { get; }

    /// <summary>Positions the model was trained for.</summary>
    public int TrainedContext { get; }

    public int Layers { get; }

    /// <summary>Query heads of a layer.</summary>
    public int Heads { get; }

    /// <summary>Whether its exported state has one cache with one position a cell, and so fits any number of sequences.</summary>
    public bool HasPlainState { get; }

    /// <summary>Loads a model whose header was checked.</summary>
    /// <exception cref="EngineException">The library or the file cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while loading.</exception>
    public static LlamaModel Load(GgufFile file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (file.Number("split.count") is > 1)
            throw Unsupported(file, "is one part of a split model; join the parts with `llama-gguf-split --merge`");
        LlamaLibrary.Load();
        LlamaLog.Forget();
        var handle = new LlamaModelHandle(LoadNative(file.Path, progress, cancellationToken));
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (handle.IsInvalid)
                throw new EngineException(
                    EngineError.ModelUnsupported, $"llama.cpp cannot load '{file.Path}'.{LlamaLog.Quote()} Try another model file.");
            Refuse(file, handle.DangerousGetHandle());
            return new LlamaModel(handle, file);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The same weights for another engine; each disposes what it got, and the last one frees them.</summary>
    public LlamaModel Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0) _handle.Dispose();
    }

    private static unsafe nint LoadNative(string path, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var parameters = NativeMethods.ModelDefaultParams();
        var watch = GCHandle.Alloc(new Watch(progress, cancellationToken));
        try
        {
            parameters.ProgressCallback = (nint)(delegate* unmanaged[Cdecl]<float, nint, byte>)&OnProgress;
            parameters.ProgressUserData = GCHandle.ToIntPtr(watch);
            return NativeMethods.ModelLoad(path, parameters);
        }
        finally
        {
            watch.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnProgress(float share, nint userData)
    {
        try
        {
            var watch = (Watch)GCHandle.FromIntPtr(userData).Target!;
            watch.Progress?.Report(share);
            return watch.Cancellation.IsCancellationRequested ? (byte)0 : (byte)1;
        }
#pragma warning disable CA1031 // A listener's exception must not cross into native code, where it would end the process.
        catch
#pragma warning restore CA1031
        {
            return 1;
        }
    }

    private static void Refuse(GgufFile file, nint model)
    {
        if (NativeMethods.ModelHasDecoder(model) == 0 || NativeMethods.ModelHasEncoder(model) != 0)
            throw Unsupported(file, "is an encoder model; only decoder models produce text token by token");
        if (NativeMethods.ModelIsRecurrent(model) != 0 || NativeMethods.ModelIsHybrid(model) != 0 || NativeMethods.ModelIsDiffusion(model) != 0)
            throw Unsupported(file, "is a recurrent, hybrid or diffusion model, whose state cannot be cut back to a position");
        var type = NativeMethods.VocabularyType(NativeMethods.ModelVocabulary(model));
        if (type is not (LlamaVocabulary.SentencePiece or LlamaVocabulary.BytePairs))
            throw Unsupported(file, $"has a tokenizer of llama.cpp's type {type}; SPM (1) and BPE (2) are supported");
    }

    private static EngineException Unsupported(GgufFile file, string why) =>
        new(EngineError.ModelUnsupported, $"'{file.Path}' {why}.");

    private sealed record Watch(IProgress<double>? Progress, CancellationToken Cancellation);
}
