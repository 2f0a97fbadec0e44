namespace WisePanda.Learning;

/// <summary>Adam (Kingma and Ba, 2015) over the parameters of some layers, with decoupled weight decay.</summary>
/// <param name="layers">Layers to train.</param>
/// <param name="decay">Share of each parameter taken away per unit of rate and step, 0 or more.</param>
public sealed class Adam(IReadOnlyList<Layer> layers, float decay = 0)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly float[][] means = [.. layers.Select(layer => new float[layer.Parameters.Length])];
    private readonly float[][] squares = [.. layers.Select(layer => new float[layer.Parameters.Length])];
    private int steps;

    /// <summary>Takes one step against the layers' gradients and clears them.</summary>
    /// <param name="rate">Learning rate, above 0.</param>
    public void Step(float rate)
    {
        steps++;
        var scale1 = 1 / (1 - MathF.Pow(Beta1, steps));
        var scale2 = 1 / (1 - MathF.Pow(Beta2, steps));
        for (var l = 0; l < layers.Count; l++)
        {
            var (parameters, gradient, mean, square) = (layers[l].Parameters, layers[l].Gradient, means[l], squares[l]);
            for (var i = 0; i < parameters.Length; i++)
            {
                mean[i] += (1 - Beta1) * (gradient[i] - mean[i]);
                square[i] += (1 - Beta2) * (gradient[i] * gradient[i] - square[i]);
                parameters[i] -= rate * (mean[i] * scale1 / (MathF.Sqrt(square[i] * scale2) + Epsilon) + decay * parameters[i]);
            }
            Array.Clear(gradient);
        }
    }
}

/// <summary>The one-cycle schedule (Smith and Topin, 2018) with cosine halves: up from a 25th of the peak, then down to nothing.</summary>
/// <param name="peak">Highest rate, above 0.</param>
/// <param name="steps">Steps of the whole cycle, at least 1.</param>
public sealed class OneCycle(float peak, int steps)
{
    private const float Rising = 0.3f;

    /// <param name="step">From 0 to <c>steps - 1</c>.</param>
    public float Rate(int step)
    {
        var at = step / (float)steps;
        return at < Rising ? Between(peak / 25, peak, at / Rising) : Between(peak, peak / 10_000, (at - Rising) / (1 - Rising));
    }

    private static float Between(float from, float to, float share) => from + (to - from) * (1 - MathF.Cos(MathF.PI * share)) / 2;
}
