using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Keeps llama.cpp quiet and remembers its last complaint, so that an exception can quote it.</summary>
internal static unsafe class LlamaLog
{
    private const int ErrorLevel = 4;
    private const int LongestLine = 300;
    private static volatile string? _lastError;

    public static void Attach() => NativeMethods.LogSet(&OnLine, 0);

    public static void Forget() => _lastError = null;

    /// <summary>" llama.cpp says: ..." or nothing.</summary>
    public static string Quote() => _lastError is { Length: > 0 } line ? $" llama.cpp says: {line}" : "";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLine(int level, byte* text, nint userData)
    {
        if (level != ErrorLevel || text is null) return;
        try
        {
            var line = Marshal.PtrToStringUTF8((nint)text)?.Trim();
            if (string.IsNullOrEmpty(line)) return;
            _lastError = line.Length <= LongestLine ? line : line[..LongestLine];
        }
        catch (Exception e) when (e is OutOfMemoryException or ArgumentException)
        {
            // An exception must not cross into native code, and a lost log line is no loss.
        }
    }
}
