using System.Numerics.Tensors;
using MathNet.Numerics.Distributions;

namespace WisePanda.Learning;

/// <summary>
/// A one-dimensional convolution without padding. Rows hold one channel after another. The parameters are a kernel for each output and
/// input channel, in that order, then a bias for each output channel.
/// </summary>
/// <param name="from">Input channels.</param>
/// <param name="length">Numbers of an input channel.</param>
/// <param name="to">Output channels.</param>
/// <param name="kernel">Numbers of a kernel, 1 to <paramref name="length"/>.</param>
/// <param name="stride">Step of the kernel, at least 1.</param>
public sealed class Convolution(int from, int length, int to, int kernel, int stride)
    : Layer(from * length, to * LengthOf(length, kernel, stride), to * (from * kernel + 1))
{
    private readonly int outLength = LengthOf(length, kernel, stride);

    /// <summary>Numbers of an output channel.</summary>
    public static int LengthOf(int length, int kernel, int stride) => (length - kernel) / stride + 1;

    /// <summary>He's initialisation: normal with variance 2 / (input channels times kernel); the bias is 0.</summary>
    public override void Start(Random random)
    {
        Array.Clear(Parameters);
        for (var i = 0; i < to * from * kernel; i++) Parameters[i] = (float)Normal.Sample(random, 0, Math.Sqrt(2.0 / (from * kernel)));
    }

    public override void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var channel = 0; channel < to; channel++)
        {
            for (var at = 0; at < outLength; at++)
            {
                var sum = Parameters[to * from * kernel + channel];
                for (var source = 0; source < from; source++)
                    sum += TensorPrimitives.Dot(Kernel(Parameters, channel, source), input.Slice(source * length + at * stride, kernel));
                output[channel * outLength + at] = sum;
            }
        }
    }

    public override void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        inputGradient.Clear();
        for (var channel = 0; channel < to; channel++)
        {
            for (var at = 0; at < outLength; at++)
            {
                var by = outputGradient[channel * outLength + at];
                if (by == 0) continue;
                Gradient[to * from * kernel + channel] += by;
                for (var source = 0; source < from; source++)
                {
                    var start = source * length + at * stride;
                    var change = Kernel(Gradient, channel, source);
                    TensorPrimitives.MultiplyAdd(input.Slice(start, kernel), by, change, change);
                    var back = inputGradient.Slice(start, kernel);
                    TensorPrimitives.MultiplyAdd(Kernel(Parameters, channel, source), by, back, back);
                }
            }
        }
    }

    private Span<float> Kernel(float[] values, int channel, int source) => values.AsSpan((channel * from + source) * kernel, kernel);
}
