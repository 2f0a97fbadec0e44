namespace WisePanda.Learning;

/// <summary>
/// A differentiable function of one row of numbers. No package that trains networks restores here (TorchSharp and ONNX Runtime do not),
/// so these few layers are our own; each is checked against finite differences.
/// </summary>
public abstract class Layer(int inputs, int outputs, int parameters)
{
    /// <summary>Numbers of an input row.</summary>
    public int Inputs { get; } = inputs;

    /// <summary>Numbers of an output row.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>What training changes.</summary>
    public float[] Parameters { get; } = new float[parameters];

    /// <summary>The loss's gradient by each parameter, added up by <see cref="Backward"/> until somebody clears it.</summary>
    public float[] Gradient { get; } = new float[parameters];

    /// <summary>Sets the parameters before training.</summary>
    public virtual void Start(Random random)
    {
    }

    /// <summary>Computes an output row. Several threads may do so at once while nobody trains.</summary>
    public abstract void Forward(ReadOnlySpan<float> input, Span<float> output);

    /// <summary>Adds to <see cref="Gradient"/> and overwrites <paramref name="inputGradient"/>.</summary>
    /// <param name="input">The row that <see cref="Forward"/> was given.</param>
    /// <param name="outputGradient">The loss's gradient by each output.</param>
    /// <param name="inputGradient">Receives the loss's gradient by each input.</param>
    public abstract void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient);
}
