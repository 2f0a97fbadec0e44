using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Native memory for one batch, allocated once and filled anew for each call. Rows are put in ascending order of their
/// sequences whatever order they come in: llama.cpp computes rows of several sequences at once only where sequence s + 1
/// follows s, and anything else one after the other (<c>llama_batch_allocr::split_equal</c>), which costs up to half the speed.
/// </summary>
internal sealed unsafe class BatchBuffer : IDisposable
{
    private readonly int _capacity;
    private readonly byte* _block;
    private readonly int* _sequences;
    private readonly int[] _places;
    private readonly int[] _next;
    private NativeBatch _batch;

    public BatchBuffer(int capacity, int sequences)
    {
        _capacity = capacity;
        _places = new int[capacity];
        _next = new int[sequences + 1];
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

    /// <summary>The rows as llama.cpp wants them; valid until the next call or disposal. Rows of one sequence keep their order.</summary>
    public NativeBatch Fill(IReadOnlyList<EngineRow> rows)
    {
        if (rows.Count > _capacity) throw new ArgumentException("More rows than the buffer holds.", nameof(rows));
        Array.Clear(_next);
        for (var i = 0; i < rows.Count; i++) _next[rows[i].Sequence + 1]++;
        for (var i = 1; i < _next.Length; i++) _next[i] += _next[i - 1];
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var place = _places[i] = _next[row.Sequence]++;
            _batch.Tokens[place] = row.Token;
            _batch.Positions[place] = row.Position;
            _sequences[place] = row.Sequence;
            _batch.Logits[place] = row.WantLogits ? (sbyte)1 : (sbyte)0;
        }

        _batch.Count = rows.Count;
        return _batch;
    }

    /// <summary>Where the row filled last time went: its number in the native batch.</summary>
    public int Place(int row) => _places[row];

    public void Dispose() => NativeMemory.Free(_block);
}
