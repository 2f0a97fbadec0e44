using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Loads llama.cpp into the process, once. Safe to call from any thread.</summary>
internal static class LlamaLibrary
{
    private static readonly Lock Gate = new();
    private static bool _resolverSet;
    private static bool _ready;
    private static nint _llama;
    private static nint _ggml;
    private static nint _ggmlBase;

    /// <summary>The native handle of libllama; 0 before <see cref="Load()"/>.</summary>
    public static nint Handle => _llama;

    /// <exception cref="EngineException">LibraryMissing or LibraryIncompatible. A later call tries again.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_ready) return;
            var files = LlamaFiles.Find(Environment.GetEnvironmentVariable(LlamaFiles.Variable), AppContext.BaseDirectory);
            // Deepest first: on Windows and macOS a library finds its neighbours more surely when they are loaded already.
            if (_ggmlBase == 0) _ggmlBase = LoadFile(files.GgmlBase);
            if (_ggml == 0) _ggml = LoadFile(files.Ggml);
            if (_llama == 0) _llama = LoadFile(files.Llama);
            LlamaLayout.Check(_llama);

            if (!_resolverSet)
            {
                NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, (name, _, _) => name switch
                {
                    NativeMethods.Llama => _llama,
                    NativeMethods.Ggml => _ggml,
                    NativeMethods.GgmlBase => _ggmlBase,
                    _ => 0,
                });
                _resolverSet = true;
            }

            GgmlGraph.Check();
            LlamaLog.Attach();
            NativeMethods.LoadBackends(files.Folder);
            if (NativeMethods.DeviceCount() == 0)
                throw new EngineException(
                    EngineError.LibraryMissing,
                    $"No compute backend of llama.cpp in '{files.Folder}' fits this machine. Run `npm ci --ignore-scripts` in pd-device/native and build again, or set {LlamaFiles.Variable} to a folder that holds one.{LlamaLog.Quote()}");
            NativeMethods.BackendInit();
            _ready = true;
        }
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EngineException(
                EngineError.LibraryIncompatible,
                $"'{path}' cannot be loaded here: {e.Message} Run `npm ci --ignore-scripts` in pd-device/native on this machine and build again.",
                e);
        }
    }
}
