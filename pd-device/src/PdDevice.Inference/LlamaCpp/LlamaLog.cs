using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PdDevice.Core.Wire;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Keeps llama.cpp quiet and remembers its first complaint since <see cref="Forget"/>, so that an exception can quote it: what comes after is only ever "failed to load".</summary>
internal static unsafe class LlamaLog
{
    private const int ErrorLevel = 4;
    private const int LongestLine = 300;
    private static volatile string? _error;

    public static void Attach() => NativeMethods.LogSet(&OnLine, 0);

    public static void Forget() => _error = null;

    /// <summary>" llama.cpp says: ..." or nothing.</summary>
    public static string Quote() => _error is { } line ? $" llama.cpp says: {line.TrimEnd('.')}." : "";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLine(int level, byte* text, nint userData)
    {
        if (level != ErrorLevel || text is null || _error is not null) return;
        try
        {
            var line = Marshal.PtrToStringUTF8((nint)text)?.Trim();
            if (string.IsNullOrEmpty(line)) return;
            _error = AssistRules.Printable(line, LongestLine);
        }
        catch (Exception e) when (e is OutOfMemoryException or ArgumentException)
        {
            // An exception must not cross into native code, and a lost log line is no loss.
        }
    }
}
