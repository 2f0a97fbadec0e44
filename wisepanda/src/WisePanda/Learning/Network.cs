namespace WisePanda.Learning;

/// <summary>
/// One member of the ensemble: a head over the features of a row. Where it has convolutions, the row goes on with a profile; what they find
/// in it stands beside the features as the head's last inputs.
/// </summary>
public sealed class Network
{
    private readonly Chain head;
    private readonly Chain? convolutions;
    private readonly int features;
    private readonly int found;

    /// <param name="head">Takes the features and then what the convolutions give; its last output is the network's.</param>
    /// <param name="convolutions">Takes the profile.</param>
    /// <exception cref="ArgumentException">The convolutions give more than the head takes.</exception>
    public Network(Chain head, Chain? convolutions = null)
    {
        (this.head, this.convolutions, found) = (head, convolutions, convolutions?.Outputs ?? 0);
        features = head.Inputs - found;
        if (features < 0) throw new ArgumentException($"The convolutions give {found} numbers and the head takes {head.Inputs}.", nameof(convolutions));
        Layers = [.. convolutions?.Layers ?? [], .. head.Layers];
    }

    /// <summary>The layers of the convolutions, then those of the head.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>Numbers of a row: the features, then the profile.</summary>
    public int Inputs => features + (convolutions?.Inputs ?? 0);

    /// <summary>Numbers that <see cref="Forward"/> keeps of a row; the last is the network's output.</summary>
    public int Trace => Before + head.Inputs + head.Trace;

    private int Before => convolutions?.Trace ?? 0;

    public void Start(Random random)
    {
        foreach (var layer in Layers) layer.Start(random);
    }

    /// <summary>A copy of all parameters, layer by layer.</summary>
    public float[] GetParameters() => [.. Layers.SelectMany(layer => layer.Parameters)];

    /// <summary>Sets what <see cref="GetParameters"/> gave.</summary>
    public void SetParameters(ReadOnlySpan<float> parameters)
    {
        foreach (var layer in Layers)
        {
            parameters[..layer.Parameters.Length].CopyTo(layer.Parameters);
            parameters = parameters[layer.Parameters.Length..];
        }
    }

    /// <summary>Computes one row.</summary>
    /// <param name="input"><see cref="Inputs"/> numbers.</param>
    /// <param name="trace"><see cref="Trace"/> numbers, which <see cref="Backward"/> needs.</param>
    public void Forward(ReadOnlySpan<float> input, Span<float> trace)
    {
        var joined = trace.Slice(Before, head.Inputs);
        convolutions?.Forward(input[features..], trace[..Before]);
        input[..features].CopyTo(joined);
        trace[(Before - found)..Before].CopyTo(joined[features..]);
        head.Forward(joined, trace[(Before + head.Inputs)..]);
    }

    /// <summary>Adds one row's part to every layer's gradient.</summary>
    /// <param name="input">The row.</param>
    /// <param name="trace">What <see cref="Forward"/> kept of it.</param>
    /// <param name="outputGradient">The loss's gradient by the output.</param>
    /// <param name="inputGradient">Receives the loss's gradient by the row.</param>
    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> trace, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        Span<float> joined = stackalloc float[head.Inputs];
        head.Backward(trace.Slice(Before, head.Inputs), trace[(Before + head.Inputs)..], outputGradient, joined);
        joined[..features].CopyTo(inputGradient);
        convolutions?.Backward(input[features..], trace[..Before], joined[features..], inputGradient[features..]);
    }
}
