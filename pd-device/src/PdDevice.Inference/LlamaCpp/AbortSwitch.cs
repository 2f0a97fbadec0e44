using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Lets a cancellation end a native call that is under way. Used on the engine's thread only.</summary>
internal sealed unsafe class AbortSwitch(nint context) : IDisposable
{
    /// <summary>What <c>llama_decode</c> returns when it was made to stop.</summary>
    public const int Aborted = 2;

    // A decode step is short anyway, and asking before each node of its graph would cost a small model's step a hundredth.
    private const int ShortBatch = 16;

    private readonly int* _stop = (int*)NativeMemory.AllocZeroed(sizeof(int));
    private bool _set;

    /// <summary>Until the result is disposed, a cancellation makes the running call return <see cref="Aborted"/>, unless it has this few rows.</summary>
    public CancellationTokenRegistration Watch(int rows, CancellationToken cancellationToken)
    {
        var wanted = rows > ShortBatch && cancellationToken.CanBeCanceled;
        if (wanted != _set) NativeMethods.SetAbortCallback(context, wanted ? &IsStopped : null, (nint)_stop);
        _set = wanted;
        Volatile.Write(ref *_stop, 0);
        return wanted ? cancellationToken.UnsafeRegister(static self => Volatile.Write(ref *((AbortSwitch)self!)._stop, 1), this) : default;
    }

    /// <summary>The context must be gone.</summary>
    public void Dispose() => NativeMemory.Free(_stop);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsStopped(nint stop) => Volatile.Read(ref *(int*)stop) != 0 ? (byte)1 : (byte)0;
}
