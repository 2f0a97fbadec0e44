using System.Numerics.Tensors;

namespace WisePanda.Learning;

/// <summary>The mean of each channel.</summary>
/// <param name="channels">Channels.</param>
/// <param name="length">Numbers of a channel, which lie one after another.</param>
public sealed class MeanPool(int channels, int length) : Layer(channels * length, channels, 0)
{
    public override void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var channel = 0; channel < Outputs; channel++) output[channel] = TensorPrimitives.Sum(input.Slice(channel * length, length)) / length;
    }

    public override void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        for (var channel = 0; channel < Outputs; channel++) inputGradient.Slice(channel * length, length).Fill(outputGradient[channel] / length);
    }
}
