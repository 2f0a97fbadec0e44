using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Native memory for one batch, allocated once and filled anew for each call.</summary>
internal sealed unsafe class BatchBuffer : IDisposable
{
    private readonly int _capacity;
    private readonly byte* _block;
    private readonly int* _sequences;
    private NativeBatch _batch;

    public BatchBuffer(int capacity)
    {
        _capacity = capacity;
        // Pointers first, so that everything stays aligned: per row 8 bytes of pointer, four ints, one flag.
        var rows = (nuint)capacity;
        _block = (byte*)NativeMemory.AllocZeroed(rows, sizeof(long) + (4 * sizeof(int)) + 1);
        var ints = (int*)(_block + (rows * sizeof(long)));
        _batch.Sequences = (int**)_block;
        _batch.Tokens = ints;
        _batch.Positions = ints + rows;
        _batch.SequenceCounts = ints + (2 * rows);
        _sequences = ints + (3 * rows);
        _batch.Logits = (sbyte*)(ints + (4 * rows));
        for (var i = 0; i < capacity; i++)
        {
            _batch.SequenceCounts[i] = 1;
            _batch.Sequences[i] = _sequences + i;
        }
    }

    /// <summary>The rows as llama.cpp wants them; valid until the next call or disposal.</summary>
    public NativeBatch Fill(IReadOnlyList<EngineRow> rows)
    {
        if (rows.Count > _capacity) throw new ArgumentException("More rows than the buffer holds.", nameof(rows));
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            _batch.Tokens[i] = row.Token;
            _batch.Positions[i] = row.Position;
            _sequences[i] = row.Sequence;
            _batch.Logits[i] = row.WantLogits ? (sbyte)1 : (sbyte)0;
        }

        _batch.Count = rows.Count;
        return _batch;
    }

    public void Dispose() => NativeMemory.Free(_block);
}
