using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Reads attention out of a context's graph while a batch runs: llama.cpp asks of each node whether it is wanted, and stops
/// after those that are. Used on the engine's thread only; must outlive the context it is installed in.
/// </summary>
internal sealed unsafe class AttentionReader : IDisposable
{
    private readonly int _layers;
    private readonly int _heads;
    private readonly TimeProvider _time;
    private readonly Switch* _switch = (Switch*)NativeMemory.AllocZeroed((nuint)sizeof(Switch));
    private readonly GCHandle _self;
    private readonly List<SequenceAttention> _wanted = [];
    private readonly AttentionNode _node = new();
    private TimeSpan _spent;

    /// <param name="layers">Layers of the model.</param>
    /// <param name="heads">Query heads of a layer.</param>
    /// <param name="time">The clock that says how long reading takes.</param>
    public AttentionReader(int layers, int heads, TimeProvider time)
    {
        (_layers, _heads, _time) = (layers, heads, time);
        _self = GCHandle.Alloc(this);
        _switch->Reader = GCHandle.ToIntPtr(_self);
    }

    /// <summary>Makes the context that is made from the parameters ask this reader.</summary>
    public void Install(ref ContextParams parameters)
    {
        parameters.EvalCallback = (nint)(delegate* unmanaged[Cdecl]<GgmlTensor*, byte, Switch*, byte>)&OnNode;
        parameters.EvalUserData = (nint)_switch;
    }

    /// <summary>The batch about to run is read as it asks.</summary>
    public void Begin(EngineBatch batch)
    {
        foreach (var capture in batch.Captures)
        {
            var (count, last) = (0, -1);
            for (var i = 0; i < batch.Count; i++)
            {
                if (batch.Rows[i].Sequence != capture.Sequence) continue;
                count++;
                last = batch.Rows[i].Position;
            }

            if (count > 0) _wanted.Add(new SequenceAttention(capture, Math.Clamp(capture.Queries, 1, count), last + 1, _layers, _heads));
        }

        _spent = TimeSpan.Zero;
        _switch->On = _wanted.Count > 0 ? 1 : 0;
    }

    /// <summary>Gives the batch, which has run, what was read of it.</summary>
    public void HandOver(EngineBatch batch)
    {
        foreach (var wanted in _wanted)
            if (wanted.Result() is { } scores) batch.SetCaptured(wanted.Sequence, scores);
        batch.SetCaptureTime(_spent);
    }

    /// <summary>Nothing is read from here on.</summary>
    public void End()
    {
        _switch->On = 0;
        _wanted.Clear();
    }

    /// <summary>The context must be gone.</summary>
    public void Dispose()
    {
        _self.Free();
        NativeMemory.Free(_switch);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnNode(GgmlTensor* node, byte ask, Switch* user)
    {
        if (user->On == 0) return 0;
        if (node->Operation != GgmlGraph.FlashAttention && node->Operation != GgmlGraph.SoftMax) return 0;
        var reader = (AttentionReader)GCHandle.FromIntPtr(user->Reader).Target!;
        try
        {
            if (ask != 0) return reader.Wants(node) ? (byte)1 : (byte)0;
            reader.Read(node);
        }
#pragma warning disable CA1031 // An exception must not cross into native code, where it would end the process.
        catch
#pragma warning restore CA1031
        {
            foreach (var wanted in reader._wanted) wanted.Spoil();
        }

        return 1; // no would end the batch half done
    }

    private bool Wants(GgmlTensor* node)
    {
        var layer = AttentionNode.Layer(node);
        foreach (var wanted in _wanted)
            if (wanted.Number(layer) >= 0 && AttentionNode.Stream(node, wanted.Sequence) >= 0) return true;
        return false;
    }

    private void Read(GgmlTensor* node)
    {
        var start = _time.GetTimestamp();
        var layer = AttentionNode.Layer(node);
        foreach (var wanted in _wanted)
            if (wanted.Number(layer) is >= 0 and var number && AttentionNode.Stream(node, wanted.Sequence) is >= 0 and var stream)
                _node.Read(node, stream, number, wanted);
        _spent += _time.GetElapsedTime(start);
    }

    // In native memory, so that a node that nobody wants costs one look.
    private struct Switch
    {
        public int On;
        public nint Reader;
    }
}
