namespace WisePanda.Learning;

/// <summary>Layers one after another.</summary>
public sealed class Chain
{
    private readonly int[] starts;
    private readonly int width;

    /// <exception cref="ArgumentException">A layer does not take what the one before gives.</exception>
    public Chain(params Layer[] layers)
    {
        for (var i = 1; i < layers.Length; i++)
            if (layers[i].Inputs != layers[i - 1].Outputs) throw new ArgumentException($"Layer {i} takes {layers[i].Inputs} numbers and gets {layers[i - 1].Outputs}.", nameof(layers));
        Layers = layers;
        starts = new int[layers.Length + 1];
        for (var i = 0; i < layers.Length; i++) starts[i + 1] = starts[i] + layers[i].Outputs;
        width = layers.Max(layer => Math.Max(layer.Inputs, layer.Outputs));
    }

    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>Numbers of an input row.</summary>
    public int Inputs => Layers[0].Inputs;

    /// <summary>Numbers that the last layer gives.</summary>
    public int Outputs => Layers[^1].Outputs;

    /// <summary>Numbers that <see cref="Forward"/> keeps of a row: every layer's output; the last is the chain's.</summary>
    public int Trace => starts[^1];

    /// <summary>Computes one row.</summary>
    /// <param name="input"><see cref="Inputs"/> numbers.</param>
    /// <param name="trace"><see cref="Trace"/> numbers, which <see cref="Backward"/> needs.</param>
    public void Forward(ReadOnlySpan<float> input, Span<float> trace)
    {
        for (var i = 0; i < Layers.Count; i++)
            Layers[i].Forward(i == 0 ? input : trace[starts[i - 1]..starts[i]], trace[starts[i]..starts[i + 1]]);
    }

    /// <summary>Adds one row's part to every layer's gradient.</summary>
    /// <param name="input">The row.</param>
    /// <param name="trace">What <see cref="Forward"/> kept of it.</param>
    /// <param name="outputGradient">The loss's gradient by the chain's output.</param>
    /// <param name="inputGradient">Receives the loss's gradient by the row.</param>
    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> trace, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        Span<float> above = stackalloc float[width];
        Span<float> below = stackalloc float[width];
        outputGradient.CopyTo(above);
        for (var i = Layers.Count - 1; i >= 0; i--)
        {
            var source = i == 0 ? input : trace[starts[i - 1]..starts[i]];
            var target = i == 0 ? inputGradient : below[..Layers[i].Inputs];
            Layers[i].Backward(source, above[..Layers[i].Outputs], target);
            below.CopyTo(above);
        }
    }
}
