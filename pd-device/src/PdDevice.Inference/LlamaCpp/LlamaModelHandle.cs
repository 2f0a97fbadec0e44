using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Owns a native model. Counted, so that a tokenizer call in flight keeps the model alive while it is disposed.</summary>
internal sealed class LlamaModelHandle : SafeHandle
{
    public LlamaModelHandle(nint model)
        : base(0, ownsHandle: true) => SetHandle(model);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.ModelFree(handle);
        return true;
    }
}
