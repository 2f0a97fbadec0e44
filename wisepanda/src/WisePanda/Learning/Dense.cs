using System.Numerics.Tensors;
using MathNet.Numerics.Distributions;

namespace WisePanda.Learning;

/// <summary>y = W x + b. The parameters are W, one row an input, then b.</summary>
public sealed class Dense(int inputs, int outputs) : Layer(inputs, outputs, (inputs + 1) * outputs)
{
    /// <summary>He's initialisation: normal with variance 2 / inputs; the bias is 0.</summary>
    public override void Start(Random random)
    {
        Array.Clear(Parameters);
        for (var i = 0; i < Inputs * Outputs; i++) Parameters[i] = (float)Normal.Sample(random, 0, Math.Sqrt(2.0 / Inputs));
    }

    public override void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        Parameters.AsSpan(Inputs * Outputs).CopyTo(output);
        for (var i = 0; i < Inputs; i++) TensorPrimitives.MultiplyAdd(Row(Parameters, i), input[i], output, output);
    }

    public override void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        for (var i = 0; i < Inputs; i++)
        {
            var row = Row(Gradient, i);
            TensorPrimitives.MultiplyAdd(outputGradient, input[i], row, row);
            inputGradient[i] = TensorPrimitives.Dot(Row(Parameters, i), outputGradient);
        }
        var bias = Gradient.AsSpan(Inputs * Outputs);
        TensorPrimitives.Add(bias, outputGradient, bias);
    }

    private Span<float> Row(float[] values, int input) => values.AsSpan(input * Outputs, Outputs);
}
