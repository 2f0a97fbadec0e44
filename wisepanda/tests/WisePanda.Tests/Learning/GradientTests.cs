using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Tests.Learning;

/// <summary>Every layer's gradients against central differences of a random linear function of its output.</summary>
public sealed class GradientTests
{
    private const float Step = 1e-2f;

    // A whole network has a hundred bends; a step across one of them has no slope to compare with.
    private const float FineStep = 1e-3f;

    public static TheoryData<Layer> Layers => [new Dense(5, 3), new PRelu(3, 4), new Convolution(2, 12, 3, 5, 2), new MeanPool(3, 4)];

    [Theory]
    [MemberData(nameof(Layers))]
    public void Backward_Layer_IsTheGradient(Layer layer)
    {
        var random = new Random(1);
        layer.Start(random);
        var (input, weights, back) = (Numbers(random, layer.Inputs), Numbers(random, layer.Outputs), new float[layer.Inputs]);
        Array.Clear(layer.Gradient);
        layer.Backward(input, weights, back);

        float Loss()
        {
            var output = new float[layer.Outputs];
            layer.Forward(input, output);
            return output.Zip(weights, (value, weight) => value * weight).Sum();
        }

        for (var i = 0; i < input.Length; i++) Assert.Equal(Slope(input, i, Loss), back[i], 2e-3f);
        for (var i = 0; i < layer.Parameters.Length; i++) Assert.Equal(Slope(layer.Parameters, i, Loss), layer.Gradient[i], 2e-3f);
    }

    [Fact]
    public void Backward_Chain_IsTheGradient()
    {
        var random = new Random(2);
        var chain = new Chain(new Convolution(1, 10, 2, 3, 1), new PRelu(2, 8), new MeanPool(2, 8), new Dense(2, 1));
        foreach (var layer in chain.Layers) layer.Start(random);
        var (input, back, trace) = (Numbers(random, 10), new float[10], new float[chain.Trace]);
        chain.Forward(input, trace);
        chain.Backward(input, trace, [1f], back);

        float Loss()
        {
            chain.Forward(input, trace);
            return trace[^1];
        }

        for (var i = 0; i < input.Length; i++) Assert.Equal(Slope(input, i, Loss), back[i], 2e-3f);
        foreach (var layer in chain.Layers)
            for (var i = 0; i < layer.Parameters.Length; i++) Assert.Equal(Slope(layer.Parameters, i, Loss), layer.Gradient[i], 2e-3f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_WholeNetwork_IsTheGradient(bool convolutions)
    {
        var random = new Random(4);
        var network = MatchModel.CreateMember(convolutions);
        network.Start(random);
        var (input, back, trace) = (Numbers(random, network.Inputs), new float[network.Inputs], new float[network.Trace]);
        network.Forward(input, trace);
        network.Backward(input, trace, [1f], back);

        float Loss()
        {
            network.Forward(input, trace);
            return trace[^1];
        }

        Assert.Equal(PairFeatures.Count + (convolutions ? PairFeatures.Gap : 0), network.Inputs);
        for (var i = 0; i < input.Length; i++) Assert.Equal(Slope(input, i, Loss, FineStep), back[i], 5e-3f);
        foreach (var layer in network.Layers)
            for (var i = 0; i < layer.Parameters.Length; i++) Assert.Equal(Slope(layer.Parameters, i, Loss, FineStep), layer.Gradient[i], 5e-3f);
        Assert.Equal(convolutions, back[PairFeatures.Count..].Any(slope => Math.Abs(slope) > 1e-4f));
    }

    [Fact]
    public void Create_ConvolutionsThatGiveMoreThanTheHeadTakes_Throws() =>
        Assert.Throws<ArgumentException>(() => new Network(new Chain(new Dense(1, 1)), new Chain(new MeanPool(2, 3))));

    [Fact]
    public void Of_ContrastiveLoss_GivesItsGradient()
    {
        var random = new Random(3);
        var entries = (from top in Enumerable.Range(0, 4) from bottom in Enumerable.Range(0, 4) where top == bottom || random.Next(3) > 0
                       select new Entry(top, bottom, top == bottom || random.Next(2) > 0, top == bottom || random.Next(2) > 0)).ToArray();
        var (logits, gradient) = (Numbers(random, entries.Length), new float[entries.Length]);
        ContrastiveLoss.Of(entries, logits, 4, gradient);

        for (var i = 0; i < logits.Length; i++) Assert.Equal(Slope(logits, i, () => ContrastiveLoss.Of(entries, logits, 4, new float[entries.Length])), gradient[i], 1e-3f);
    }

    [Fact]
    public void Of_EqualLogits_IsTheLogarithmOfTheCandidates()
    {
        var entries = (from top in Enumerable.Range(0, 5) from bottom in Enumerable.Range(0, 5) select new Entry(top, bottom, true, true)).ToArray();

        Assert.Equal(MathF.Log(5), ContrastiveLoss.Of(entries, new float[25], 5, new float[25]), 1e-5f);
    }

    [Fact]
    public void Step_AdamOnASquare_FindsTheLeast()
    {
        var layer = new Dense(1, 1);
        layer.Parameters[0] = 5;
        var adam = new Adam([layer]);
        for (var step = 0; step < 500; step++)
        {
            layer.Gradient[0] = 2 * (layer.Parameters[0] - 2);
            adam.Step(0.05f);
        }

        Assert.Equal(2, layer.Parameters[0], 0.01f);
    }

    [Fact]
    public void Rate_OneCycle_RisesThenFallsToNothing()
    {
        var cycle = new OneCycle(1, 1000);

        Assert.Equal(0.04f, cycle.Rate(0), 1e-3f);
        Assert.Equal(1, cycle.Rate(300), 1e-3f);
        Assert.InRange(cycle.Rate(999), 0, 2e-3f);
    }

    [Fact]
    public void Create_LayersThatDoNotFit_Throws() => Assert.Throws<ArgumentException>(() => new Chain(new Dense(3, 2), new Dense(3, 1)));

    private static float Slope(float[] values, int index, Func<float> loss, float step = Step)
    {
        var kept = values[index];
        values[index] = kept + step;
        var above = loss();
        values[index] = kept - step;
        var below = loss();
        values[index] = kept;
        return (above - below) / (2 * step);
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1) + 0.05f)];
}
