using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Reads one layer's attention at its node of the graph, after the node was computed: the weights where flash attention is
/// off; where it is on, they are computed again from queries and keys. Keeps its buffers.
/// </summary>
internal sealed unsafe class AttentionNode
{
    private const int Block = 64; // positions whose keys stay in the first cache while all queries meet them

    private byte[] _bytes = [];
    private float[] _keys = [];
    private float[] _query = [];
    private float[] _scores = [];
    private int[] _positions = [];

    /// <summary>The layer whose attention the node is, by the cache its keys come from; -1 when they come from none.</summary>
    public static int Layer(GgmlTensor* node)
    {
        var keys = Keys(node);
        return keys is null || keys->ViewSource is null ? -1 : GgmlGraph.Layer(keys->ViewSource);
    }

    /// <summary>
    /// Which of the node's streams holds the sequence, from 0; -1 when none does. With one stream a sequence the keys are a
    /// view into the cache that begins at the first sequence of the graph.
    /// </summary>
    public static int Stream(GgmlTensor* node, int sequence)
    {
        var keys = Keys(node);
        if (keys is null || keys->ViewSource is null || keys->Strides[3] == 0) return -1;
        var stream = sequence - (long)(keys->ViewOffset / keys->Strides[3]);
        return stream >= 0 && stream < keys->Elements[3] ? (int)stream : -1;
    }

    /// <summary>Adds what the node's stream says of the wanted queries; spoils it where the node is of a form that cannot be read.</summary>
    public void Read(GgmlTensor* node, int stream, int number, SequenceAttention into)
    {
        var flash = node->Operation == GgmlGraph.FlashAttention;
        var queries = flash ? node->Source0 : node;
        if (!IsPlain(node, flash) || queries->Elements[2] != into.Heads)
        {
            into.Spoil();
            return;
        }

        var rows = (int)queries->Elements[1];
        var first = Math.Max(0, rows - into.Queries); // of a sequence's rows the last ones are the queries, in each part of the batch too
        if (!ReadPositions(flash ? node->Source3 : node->Source1, stream, first, rows, into.Positions))
        {
            into.Spoil();
            return;
        }

        // Rows before the queries may be in this part of the batch: they are no queries.
        while (first < rows && _positions[first] < into.FirstQuery) first++;
        if (first == rows) return;
        if (flash) Compute(node, stream, first, rows, number, into);
        else Take(node, stream, first, rows, number, into);
        for (var row = first; row < rows; row++) into.CountRow(number);
    }

    private static GgmlTensor* Keys(GgmlTensor* node) =>
        node->Operation == GgmlGraph.FlashAttention ? node->Source1
        : node->Source0 is not null && node->Source0->Operation == GgmlGraph.Multiply ? node->Source0->Source0
        : null;

    // Position biases, caps and sinks change the weights in ways that are not computed here.
    private static bool IsPlain(GgmlTensor* node, bool flash) =>
        GgmlGraph.Parameter(node, 1) == 0
        && (flash
            ? node->Source3 is not null && node->Source4 is null && GgmlGraph.Parameter(node, 2) == 0
                && node->Source0->Type == GgmlGraph.Float32 && node->Source1->Type == GgmlGraph.Float16
                && node->Source0->Elements[2] % node->Source1->Elements[2] == 0
            : node->Source1 is not null && node->Source2 is null && node->Type == GgmlGraph.Float32);

    /// <summary>
    /// The rows' positions, by what the mask lets them see: a row at position p sees the cells 0 to p and no other. False
    /// where it is not so, that is, where cells are not positions.
    /// </summary>
    private bool ReadPositions(GgmlTensor* mask, int stream, int first, int rows, int positions)
    {
        if (mask->Type is not (GgmlGraph.Float16 or GgmlGraph.Float32)) return false;
        if (_positions.Length < rows) _positions = new int[rows];
        var part = mask->Elements[3] > 1 ? (ulong)stream * mask->Strides[3] : 0;
        for (var row = first; row < rows; row++)
        {
            var bytes = Get(mask, part + ((ulong)row * mask->Strides[1]), (ulong)mask->Elements[0] * mask->Strides[0]);
            var seen = mask->Type == GgmlGraph.Float16 ? Seen(MemoryMarshal.Cast<byte, ushort>(bytes)) : Seen(MemoryMarshal.Cast<byte, uint>(bytes));
            if (seen < 1 || seen > positions) return false;
            _positions[row] = seen - 1;
        }

        return true;
    }

    private static int Seen<T>(ReadOnlySpan<T> mask)
        where T : unmanaged, IEquatable<T>
    {
        var seen = mask.IndexOfAnyExcept(default(T));
        if (seen < 0) return mask.Length;
        return mask[seen..].Contains(default) ? -1 : seen;
    }

    /// <summary>Flash attention off: the weights are there.</summary>
    private void Take(GgmlTensor* node, int stream, int first, int rows, int number, SequenceAttention into)
    {
        for (var row = first; row < rows; row++)
        {
            for (var head = 0; head < into.Heads; head++)
            {
                var at = ((ulong)stream * node->Strides[3]) + ((ulong)head * node->Strides[2]) + ((ulong)row * node->Strides[1]);
                var weights = MemoryMarshal.Cast<byte, float>(Get(node, at, (ulong)(_positions[row] + 1) * sizeof(float)));
                into.Add(number, head, weights, 1);
            }
        }
    }

    /// <summary>Flash attention on: softmax(scale Q K^T) of the query rows, as the node computes it inside.</summary>
    private void Compute(GgmlTensor* node, int stream, int first, int rows, int number, SequenceAttention into)
    {
        var q = node->Source0;
        var k = node->Source1;
        var size = (int)q->Elements[0];
        var keyHeads = (int)k->Elements[2];
        var group = into.Heads / keyHeads; // query heads that share a key head stand together
        var positions = _positions[rows - 1] + 1;
        ReadKeys(k, stream, positions);
        var (keyStride, headStride) = ((int)k->Strides[1] / sizeof(ushort), (int)k->Strides[2] / sizeof(ushort));
        ReadQueries(q, stream, first, rows, GgmlGraph.Parameter(node, 0));

        var lines = (rows - first) * group;
        if (_scores.Length < lines * positions) _scores = new float[lines * positions];
        for (var keyHead = 0; keyHead < keyHeads; keyHead++)
        {
            for (var start = 0; start < positions; start += Block)
            {
                var end = Math.Min(start + Block, positions);
                for (var line = 0; line < lines; line++)
                {
                    var head = (keyHead * group) + (line % group);
                    var query = _query.AsSpan(((line / group * into.Heads) + head) * size, size);
                    var scores = _scores.AsSpan(line * positions, positions);
                    for (var i = start; i < end; i++)
                        scores[i] = TensorPrimitives.Dot(query, _keys.AsSpan((i * keyStride) + (keyHead * headStride), size));
                }
            }

            for (var line = 0; line < lines; line++)
            {
                var weights = _scores.AsSpan(line * positions, _positions[first + (line / group)] + 1);
                TensorPrimitives.Subtract(weights, TensorPrimitives.Max<float>(weights), weights);
                TensorPrimitives.Exp(weights, weights);
                into.Add(number, (keyHead * group) + (line % group), weights, 1 / TensorPrimitives.Sum<float>(weights));
            }
        }
    }

    private void ReadKeys(GgmlTensor* k, int stream, int positions)
    {
        var bytes = ((ulong)(positions - 1) * k->Strides[1]) + ((ulong)(k->Elements[2] - 1) * k->Strides[2]) + ((ulong)k->Elements[0] * sizeof(ushort));
        var halves = MemoryMarshal.Cast<byte, Half>(Get(k, (ulong)stream * k->Strides[3], bytes));
        if (_keys.Length < halves.Length) _keys = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, _keys);
    }

    /// <summary>Queries by row and head, times the scale.</summary>
    private void ReadQueries(GgmlTensor* q, int stream, int first, int rows, float scale)
    {
        var (size, heads) = ((int)q->Elements[0], (int)q->Elements[2]);
        if (_query.Length < (rows - first) * heads * size) _query = new float[(rows - first) * heads * size];
        for (var row = first; row < rows; row++)
        {
            for (var head = 0; head < heads; head++)
            {
                var at = ((ulong)stream * q->Strides[3]) + ((ulong)head * q->Strides[2]) + ((ulong)row * q->Strides[1]);
                var query = MemoryMarshal.Cast<byte, float>(Get(q, at, (ulong)size * sizeof(float)));
                TensorPrimitives.Multiply(query, scale, _query.AsSpan((((row - first) * heads) + head) * size, size));
            }
        }
    }

    /// <summary>A part of a tensor's memory, wherever that is; valid until the next call.</summary>
    private ReadOnlySpan<byte> Get(GgmlTensor* tensor, ulong offset, ulong size)
    {
        if (_bytes.Length < (int)size) _bytes = new byte[size];
        fixed (byte* target = _bytes) NativeMethods.TensorGet(tensor, target, (nuint)offset, (nuint)size);
        return _bytes.AsSpan(0, (int)size);
    }
}
