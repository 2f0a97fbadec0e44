using System.Numerics.Tensors;
using PdDevice.Core.Refinement;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>What is being read of one sequence's attention while its batch runs.</summary>
internal sealed class SequenceAttention
{
    private readonly int _modelLayers;
    private readonly int[] _layers;
    private readonly int[] _rows;
    private readonly float[] _values;
    private bool _spoilt;

    /// <param name="capture">What was asked for.</param>
    /// <param name="queries">Rows of the batch that are queries: the last ones of the sequence; at least 1.</param>
    /// <param name="positions">Positions of the sequence after the batch.</param>
    /// <param name="modelLayers">Layers of the model.</param>
    /// <param name="heads">Query heads of a layer.</param>
    public SequenceAttention(AttentionCapture capture, int queries, int positions, int modelLayers, int heads)
    {
        (Sequence, Queries, Positions, Heads, _modelLayers) = (capture.Sequence, queries, positions, heads, modelLayers);
        _layers = [.. Enumerable.Range(0, modelLayers).Where(layer => (modelLayers - 1 - layer) % Math.Max(1, capture.LayerStep) == 0)];
        _rows = new int[_layers.Length];
        _values = new float[_layers.Length * heads * positions];
    }

    public int Sequence { get; }

    public int Queries { get; }

    public int Positions { get; }

    public int Heads { get; }

    /// <summary>Position of the first query.</summary>
    public int FirstQuery => Positions - Queries;

    /// <summary>The number, from 0, of a layer among those that are read; below 0 when it is not.</summary>
    public int Number(int layer) => Array.BinarySearch(_layers, layer);

    /// <summary>One more row of the layer was read for every head.</summary>
    public void CountRow(int number) => _rows[number]++;

    /// <summary>Adds one row's weights of one head, over the first positions.</summary>
    /// <param name="number">The layer's number.</param>
    /// <param name="head">Query head.</param>
    /// <param name="weights">At most <see cref="Positions"/>.</param>
    /// <param name="factor">What they are to be multiplied by for their sum to be 1.</param>
    public void Add(int number, int head, ReadOnlySpan<float> weights, float factor)
    {
        var sums = _values.AsSpan(((number * Heads) + head) * Positions, weights.Length);
        TensorPrimitives.MultiplyAdd(weights, factor / Queries, sums, sums);
    }

    /// <summary>Something was not as it must be: there will be no result.</summary>
    public void Spoil() => _spoilt = true;

    /// <summary>The scores; null when not every row of every layer could be read.</summary>
    public AttentionScores? Result() =>
        !_spoilt && Array.TrueForAll(_rows, rows => rows == Queries)
            ? new AttentionScores(Positions, _layers, _modelLayers, Heads, Queries, _values)
            : null;
}
