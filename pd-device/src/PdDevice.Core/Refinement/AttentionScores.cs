namespace PdDevice.Core.Refinement;

/// <summary>
/// How much the last queries of a prompt attend to each of its positions, by captured layer and head: the softmax weights,
/// averaged over the queries. What a cloud finds out while it prefills, and what selectors choose from.
/// </summary>
public sealed class AttentionScores
{
    private readonly float[] _values;

    /// <param name="positions">Prompt positions, at least 1.</param>
    /// <param name="layers">The model's layers that were captured, from 0, rising; at least one.</param>
    /// <param name="modelLayers">Layers the model has.</param>
    /// <param name="heads">Query heads of each layer, at least 1.</param>
    /// <param name="queries">Queries averaged over: the last ones of the prompt; at least 1.</param>
    /// <param name="values">Shape [layers, heads, positions]; kept, not copied. Each row sums to about 1 over the positions.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public AttentionScores(int positions, IReadOnlyList<int> layers, int modelLayers, int heads, int queries, float[] values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(queries, 1);
        if (layers.Count == 0 || values.Length != layers.Count * heads * positions)
            throw new ArgumentException($"{values.Length} values are not {layers.Count} layers x {heads} heads x {positions} positions.", nameof(values));
        (Positions, Layers, ModelLayers, Heads, Queries, _values) = (positions, layers, modelLayers, heads, queries, values);
    }

    public int Positions { get; }

    /// <summary>The model's layers that were captured, rising.</summary>
    public IReadOnlyList<int> Layers { get; }

    public int ModelLayers { get; }

    public int Heads { get; }

    public int Queries { get; }

    /// <summary>Weights over all positions of one head.</summary>
    /// <param name="layer">Number in <see cref="Layers"/>, from 0.</param>
    /// <param name="head">Query head, from 0.</param>
    public ReadOnlySpan<float> Of(int layer, int head) => _values.AsSpan(((layer * Heads) + head) * Positions, Positions);
}
