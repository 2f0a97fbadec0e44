namespace WisePanda.Learning;

/// <summary>y = x where x is positive, a x elsewhere, with one learned a for each channel.</summary>
/// <param name="channels">Channels; each has one parameter.</param>
/// <param name="length">Numbers of a channel, which lie one after another.</param>
public sealed class PRelu(int channels, int length = 1) : Layer(channels * length, channels * length, channels)
{
    public override void Start(Random random) => Array.Fill(Parameters, 0.25f);

    public override void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var i = 0; i < input.Length; i++) output[i] = input[i] > 0 ? input[i] : Parameters[i / length] * input[i];
    }

    public override void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        for (var i = 0; i < input.Length; i++)
        {
            inputGradient[i] = input[i] > 0 ? outputGradient[i] : Parameters[i / length] * outputGradient[i];
            if (input[i] <= 0) Gradient[i / length] += input[i] * outputGradient[i];
        }
    }
}
