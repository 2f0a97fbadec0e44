using System.Numerics.Tensors;

namespace WisePanda.Generation;

/// <summary>A law of wear. It only takes material away from a top edge: no height grows. A bottom edge is worn upside down.</summary>
public interface IErosion
{
    /// <param name="random">Randomness of the wear; a law without any leaves it alone.</param>
    /// <param name="heights">One height per fibre in pixels, changed in place.</param>
    void Wear(Random random, Span<float> heights);
}

/// <summary>The published corrosion: in each epoch a fibre loses h -= c (relu(h - left) + relu(h - right)).</summary>
/// <param name="Rate">c, 0 to 0.5 (above, the scheme overshoots); seen: 0.001 to 0.02.</param>
/// <param name="Epochs">Repetitions, 0 or more; seen: 500 and 1000.</param>
public sealed record PublishedCorrosion(float Rate, int Epochs) : IErosion
{
    public void Wear(Random random, Span<float> heights)
    {
        Span<float> step = stackalloc float[heights.Length - 1];
        Span<float> loss = stackalloc float[heights.Length - 1];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            // The differences are taken before anything is changed: both neighbours are the old ones.
            TensorPrimitives.Subtract(heights[1..], heights[..^1], step);
            TensorPrimitives.Max(step, 0f, loss);
            TensorPrimitives.MultiplyAdd(loss, -Rate, heights[1..], heights[1..]);
            TensorPrimitives.Min(step, 0f, loss);
            TensorPrimitives.MultiplyAdd(loss, Rate, heights[..^1], heights[..^1]);
        }
    }
}

/// <summary>
/// Curvature flow, h_t = h_xx / (1 + h_x^2), x in fibres and h in pixels, where the line is convex upwards; hollows are not filled.
/// </summary>
/// <param name="Time">How long it flows, in squared fibres, 0 or more; where the line is flat, features narrower than sqrt(2 Time) go.</param>
public sealed record CurvatureFlow(float Time) : IErosion
{
    private const float Step = 0.25f;

    public void Wear(Random random, Span<float> heights)
    {
        Span<float> old = stackalloc float[heights.Length];
        for (var time = 0f; time < Time; time += Step)
        {
            heights.CopyTo(old);
            for (var i = 1; i < heights.Length - 1; i++)
            {
                var slope = (old[i + 1] - old[i - 1]) / 2;
                var bend = old[i - 1] - 2 * old[i] + old[i + 1];
                heights[i] += Step * Math.Min(0, bend) / (1 + slope * slope);
            }
        }
    }
}

/// <summary>Chips that break off where the line stands out: each takes everything above a chord between two points of the line.</summary>
/// <param name="Count">Chips tried, 0 or more.</param>
/// <param name="Width">Longest chord in fibre widths, 2 or more.</param>
public sealed record Chipping(int Count, int Width) : IErosion
{
    public void Wear(Random random, Span<float> heights)
    {
        for (var chip = 0; chip < Count; chip++)
        {
            var width = random.Next(2, Math.Min(Width, heights.Length - 1) + 1);
            var from = random.Next(heights.Length - width);
            var (left, right) = (heights[from], heights[from + width]);
            for (var i = 1; i < width; i++)
                heights[from + i] = Math.Min(heights[from + i], left + (right - left) * i / width);
        }
    }
}
